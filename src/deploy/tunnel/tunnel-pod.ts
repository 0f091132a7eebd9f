import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Container } from "../edge/edge-program.ts";
import { PROGRAMS } from "../objects/programs.ts";
import type { EntranceSettings } from "../settings/settings.ts";

export type TunnelKind = Extract<EntranceSettings, { kind: "tunnel" }>["tunnel"]["kind"];

/** Keys of the objects that are mounted. */
export const SECRET_FILE = { token: "token", credentials: "credentials.json" } as const satisfies Record<
  TunnelKind,
  string
>;
export const CONFIG_FILE = "config.yml";

const SECRET_FOLDER = "/etc/cloudflared/secret";
const CONFIG_FOLDER = "/etc/cloudflared/config";
export const CREDENTIALS_PATH = `${SECRET_FOLDER}/${SECRET_FILE.credentials}`;

/** How long it finishes what is open; the pod gets more. */
const GRACE_SECONDS = 30;
export const POD_GRACE_SECONDS = GRACE_SECONDS + 15;

/** Neither the token nor the credentials stand in it: lists of processes show arguments. */
export function cloudflaredArgs(kind: TunnelKind): string[] {
  const config = kind === "credentials" ? ["--config", `${CONFIG_FOLDER}/${CONFIG_FILE}`] : [];
  const token = kind === "token" ? ["--token-file", `${SECRET_FOLDER}/${SECRET_FILE.token}`] : [];
  const metrics = `0.0.0.0:${PROGRAMS.cloudflared.ports.metrics}`;
  return [
    "tunnel",
    ...config,
    "--no-autoupdate",
    "--metrics",
    metrics,
    "--grace-period",
    `${GRACE_SECONDS}s`,
    "run",
    ...token,
  ];
}

export const cloudflaredContainer = (image: string, kind: TunnelKind): Omit<Container, "name"> => ({
  image,
  args: cloudflaredArgs(kind),
  resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
  startupProbe: { tcpSocket: { port: "metrics" }, periodSeconds: 2, failureThreshold: 30 },
  // Without Cloudflare nobody comes, and another start would help nothing: alive is what takes connections.
  livenessProbe: { tcpSocket: { port: "metrics" }, periodSeconds: 10, failureThreshold: 6 },
  readinessProbe: { httpGet: { path: "/ready", port: "metrics" }, periodSeconds: 10, timeoutSeconds: 3 },
  volumeMounts: [
    { name: "secret", mountPath: SECRET_FOLDER, readOnly: true },
    ...(kind === "credentials" ? [{ name: "config", mountPath: CONFIG_FOLDER, readOnly: true }] : []),
  ],
});

export const cloudflaredVolumes = (
  secretName: pulumi.Input<string>,
  configMap: pulumi.Input<string> | undefined,
): types.input.core.v1.Volume[] => [
  { name: "secret", secret: { secretName } },
  ...(configMap === undefined ? [] : [{ name: "config", configMap: { name: configMap } }]),
];
