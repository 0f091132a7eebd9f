import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { PROGRAMS } from "../objects/programs.ts";
import type { Resources, Settings } from "../settings/settings.ts";
import type { PlainEdge } from "./edge-of-settings.ts";
import { httpProbes, type Container } from "./edge-program.ts";
import { TRAEFIK_GRACE, type TraefikOptions } from "./render-file.ts";
import { OLDEST_TRAEFIK, versionOfImage } from "./traefik-version.ts";

/** Keys of the objects that are mounted. */
export const STATIC_KEY = "traefik.yml";
export const ROUTES_KEY = "edge.yml";

const STATIC_FOLDER = "/etc/traefik/static";
const DYNAMIC_FOLDER = "/etc/traefik/dynamic";
const CERTIFICATE = { certFile: `${DYNAMIC_FOLDER}/tls/tls.crt`, keyFile: `${DYNAMIC_FOLDER}/tls/tls.key` };

/** More than Traefik takes for itself, so that nothing that is open is cut off. */
export const POD_GRACE_SECONDS = TRAEFIK_GRACE.acceptSeconds + TRAEFIK_GRACE.openSeconds + 20;

/** How a Traefik of ours runs: people come to `web`, by TLS where a certificate is mounted. */
export function traefikOptions(
  edge: PlainEdge,
  { images, entrance }: Pick<Settings, "images" | "entrance">,
): TraefikOptions {
  const { web, plain, inside } = PROGRAMS.traefik.ports;
  const isEntrance = entrance.kind === "service";
  return {
    entryPoint: edge.entryPoint,
    tls: edge.tls,
    trustedIps: edge.trustedIps,
    address: `:${web}`,
    insideAddress: `:${inside}`,
    ...(isEntrance ? { plainAddress: `:${plain}`, certificate: CERTIFICATE } : {}),
    dynamicFolder: DYNAMIC_FOLDER,
    version: versionOfImage(images.traefik) ?? OLDEST_TRAEFIK,
  };
}

/** Which ports it listens on. */
export const traefikPorts = ({ entrance }: Pick<Settings, "entrance">): readonly string[] =>
  entrance.kind === "service" ? ["web", "plain", "inside"] : ["web", "inside"];

const PING = { path: "/ping", port: "inside" } as const;

export const traefikContainer = (image: string, resources: Resources): Omit<Container, "name"> => ({
  image,
  args: [`--configFile=${STATIC_FOLDER}/${STATIC_KEY}`],
  resources: { requests: { ...resources.requests }, limits: { ...resources.limits } },
  // Told to end, it answers 503 here and takes requests on for a while: `ping.terminatingStatusCode`.
  ...httpProbes(PING, PING),
  volumeMounts: [
    { name: "static", mountPath: STATIC_FOLDER, readOnly: true },
    { name: "dynamic", mountPath: DYNAMIC_FOLDER, readOnly: true },
  ],
});

/** Names of the objects that Traefik reads. */
export interface TraefikFiles {
  readonly staticMap: pulumi.Input<string>;
  readonly routesSecret: pulumi.Input<string>;
  /** `kubernetes.io/tls`. */
  readonly tlsSecret: pulumi.Input<string> | undefined;
}

/**
 * Whole folders, for a file that is mounted alone never changes. Routes and certificate are one volume: Traefik reads both anew
 * when either changes, so a renewed certificate needs no restart. Each is in a folder of its own, because Traefik would read
 * a file at the top a second time, in the hidden folder behind it.
 */
export const traefikVolumes = ({ staticMap, routesSecret, tlsSecret }: TraefikFiles): types.input.core.v1.Volume[] => [
  { name: "static", configMap: { name: staticMap } },
  {
    name: "dynamic",
    projected: {
      sources: [
        { secret: { name: routesSecret, items: [{ key: ROUTES_KEY, path: `routes/${ROUTES_KEY}` }] } },
        ...(tlsSecret === undefined ? [] : [{ secret: { name: tlsSecret, items: ["tls.crt", "tls.key"].map(inTls) } }]),
      ],
    },
  },
];

const inTls = (key: string) => ({ key, path: `tls/${key}` });
