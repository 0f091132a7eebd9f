import * as kubernetes from "@pulumi/kubernetes";
import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { pulledWith } from "../image-pull.ts";
import { disruptionBudget, serviceAccount } from "../objects/beside-pods.ts";
import { labelsOf, metadataOf, selectorOf } from "../objects/labels.ts";
import { containerPorts } from "../objects/ports.ts";
import type { ProgramName } from "../objects/programs.ts";
import { RESTRICTED_CONTAINER, restrictedPod, spread, TMP } from "../objects/restricted.ts";
import { REVISION } from "../objects/revision.ts";

export type Container = types.input.core.v1.Container;
type PodSpec = types.input.core.v1.PodSpec;

/** A program of the edge as its component describes it; the rest is the same for all. */
export interface EdgeProgram {
  /** The stack's `name`. */
  readonly prefix: string;
  /** Name of its objects, too. */
  readonly program: ProgramName;
  readonly namespace: pulumi.Input<string>;
  readonly replicas: number;
  /** Number of the user that it runs as. */
  readonly user: number;
  /** Of its ports in PROGRAMS, those that it listens on. Default: all. */
  readonly ports?: readonly string[];
  readonly container: Omit<Container, "name" | "ports" | "securityContext">;
  readonly volumes: types.input.core.v1.Volume[];
  /** Longer than it takes to end by itself. */
  readonly graceSeconds: number;
  /** Of what it reads at its start only. */
  readonly revision: pulumi.Input<string>;
  /** Name of a Secret in the namespace that its image is pulled with. */
  readonly imagePullSecret: pulumi.Input<string> | undefined;
  /** One after the other, where two at once would not know of each other. Default: the new one first. */
  readonly recreate?: boolean;
}

/** Registers ServiceAccount, Deployment and, of more than one pod, PodDisruptionBudget. */
export function deployEdgeProgram(of: EdgeProgram, parent: pulumi.Resource): void {
  const { prefix, program, namespace, replicas } = of;
  const metadata = metadataOf({ name: prefix, namespace }, program);
  const account = serviceAccount(metadata, parent);
  new kubernetes.apps.v1.Deployment(program, { metadata, spec: deploymentSpec(of, account) }, { parent });
  if (replicas >= 2) disruptionBudget(prefix, metadata, parent);
}

function deploymentSpec(of: EdgeProgram, serviceAccountName: pulumi.Input<string>) {
  const { prefix, program, replicas, revision, recreate = false } = of;
  const selector = selectorOf(prefix, program);
  return {
    replicas,
    revisionHistoryLimit: 3,
    selector: { matchLabels: selector },
    strategy: recreate
      ? { type: "Recreate" }
      : { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    template: {
      metadata: { labels: labelsOf(prefix, program), annotations: { [REVISION]: revision } },
      spec: { ...podSpec(of), serviceAccountName },
    },
  };
}

function podSpec({ prefix, program, user, container, volumes, ...of }: EdgeProgram): PodSpec {
  const ports = containerPorts(program, of.ports);
  const mounts = (container.volumeMounts ?? []) as types.input.core.v1.VolumeMount[];
  return {
    ...restrictedPod(user),
    ...spread(selectorOf(prefix, program)),
    ...pulledWith(of.imagePullSecret),
    terminationGracePeriodSeconds: of.graceSeconds,
    containers: [{ ...RESTRICTED_CONTAINER, ...container, name: program, ports, volumeMounts: [...mounts, TMP.mount] }],
    volumes: [...volumes, TMP.volume],
  };
}

interface HttpCheck {
  readonly path: string;
  /** Name of the container's port. */
  readonly port: string;
}

/** Alive and ready by HTTP, with a minute to start in. */
export const httpProbes = (alive: HttpCheck, ready: HttpCheck): Partial<Container> => ({
  startupProbe: { httpGet: { ...alive }, periodSeconds: 2, timeoutSeconds: 3, failureThreshold: 30 },
  livenessProbe: { httpGet: { ...alive }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  readinessProbe: { httpGet: { ...ready }, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
});

/** Of a program whose answers say too much about others: alive is whatever takes connections. */
export const tcpProbes = (port: string): Partial<Container> => ({
  startupProbe: { tcpSocket: { port }, periodSeconds: 2, failureThreshold: 30 },
  livenessProbe: { tcpSocket: { port }, periodSeconds: 10, failureThreshold: 6 },
  readinessProbe: { tcpSocket: { port }, periodSeconds: 5, failureThreshold: 2 },
});
