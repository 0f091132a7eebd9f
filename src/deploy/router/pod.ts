import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { pulledWith } from "../image-pull.ts";
import { containerPorts } from "../objects/ports.ts";
import { selectorOf } from "../objects/labels.ts";
import { RESTRICTED_CONTAINER, restrictedPod, spread, TMP } from "../objects/restricted.ts";
import { FOLDERS, type Environment, type RouterSlice } from "./environment.ts";

type PodSpec = types.input.core.v1.PodSpec;
type Probe = types.input.core.v1.Probe;
type Volume = types.input.core.v1.Volume;
type VolumeMount = types.input.core.v1.VolumeMount;

/** Objects that the pod names. */
export interface RouterPodParts {
  readonly environment: Environment;
  readonly serviceAccount: pulumi.Input<string>;
  readonly secret: pulumi.Input<string>;
  /** With the operator's files for sessions, if there are any. */
  readonly files: pulumi.Input<string> | undefined;
  /** The claim of the embedded database. */
  readonly claim: pulumi.Input<string> | undefined;
  readonly imagePullSecret: pulumi.Input<string> | undefined;
}

/** The user of the image. */
const USER = 1000;

/** New requests go elsewhere before the router is told to end. */
const DRAIN_SECONDS = 10;
/** That, and the 25 seconds in which the router ends what is open, and some more. */
const GRACE_SECONDS = 60;

export function routerPod(settings: RouterSlice, parts: RouterPodParts): PodSpec {
  const restricted = restrictedPod(USER);
  const places = folders(parts);
  return {
    ...restricted,
    ...spread(selectorOf(settings.name, "router")),
    ...pulledWith(parts.imagePullSecret),
    // It makes sessions: the one pod that calls the API server.
    automountServiceAccountToken: true,
    serviceAccountName: parts.serviceAccount,
    securityContext: { ...restricted.securityContext, fsGroup: USER, fsGroupChangePolicy: "OnRootMismatch" },
    terminationGracePeriodSeconds: GRACE_SECONDS,
    containers: [
      {
        ...RESTRICTED_CONTAINER,
        name: "router",
        image: settings.images.router,
        ports: containerPorts("router"),
        env: Object.entries(parts.environment).map(([name, value]) => ({ name, value: literally(value) })),
        ...PROBES,
        lifecycle: { preStop: { sleep: { seconds: DRAIN_SECONDS } } },
        resources: settings.router.resources,
        volumeMounts: [...places.map(({ mount }) => mount), TMP.mount],
      },
    ],
    volumes: [...places.map(({ volume }) => volume), TMP.volume],
  };
}

/** The kubelet puts variables in the place of `$(NAME)`, and one `$` in the place of two. */
const literally = (value: string): string => value.replaceAll("$", "$$$$");

const probe = (path: string): Probe => ({ httpGet: { path, port: "internal" }, periodSeconds: 5, timeoutSeconds: 3 });

/**
 * None of them asks the cluster's API: while that is away, sessions that run are reached as before. `/healthz` says that the
 * process answers, `/readyz` that its database does, too, and that it is not about to end.
 */
const PROBES = {
  // Of two minutes: the first start makes the tables, and all sessions are listed.
  startupProbe: { ...probe("/healthz"), periodSeconds: 2, failureThreshold: 60 },
  livenessProbe: { ...probe("/healthz"), periodSeconds: 10, failureThreshold: 6 },
  readinessProbe: { ...probe("/readyz"), failureThreshold: 2 },
};

interface Place {
  readonly volume: Volume & { readonly name: string };
  readonly mount: VolumeMount;
}

/** Readable for the router's group, which `fsGroup` makes the owner. */
const FILE_MODE = 0o440;

function folders({ secret, files, claim }: RouterPodParts): Place[] {
  const data: Volume & { name: string } =
    claim === undefined
      ? { name: "data", emptyDir: { sizeLimit: "1Gi" } }
      : { name: "data", persistentVolumeClaim: { claimName: claim } };
  return [
    { volume: data, mount: { name: "data", mountPath: FOLDERS.data } },
    {
      volume: { name: "secrets", secret: { secretName: secret, defaultMode: FILE_MODE } },
      mount: { name: "secrets", mountPath: FOLDERS.secrets, readOnly: true },
    },
    ...(files === undefined
      ? []
      : [
          {
            volume: { name: "sessions", configMap: { name: files, defaultMode: FILE_MODE } },
            mount: { name: "sessions", mountPath: FOLDERS.sessions, readOnly: true },
          },
        ]),
  ];
}
