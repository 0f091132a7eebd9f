import type {
  V1Container,
  V1Pod,
  V1PodSpec,
  V1SecurityContext,
  V1Volume,
  V1VolumeMount,
} from "@kubernetes/client-node";
import type { SessionSpec } from "../runtime.ts";
import { SECRET_KEYS } from "./build-secret.ts";
import { SESSIOND_PORT } from "../../contracts/cluster-names.ts";
import { claimName, podName, secretName } from "./objects.ts";
import { MODELS_FOLDER, SECRET_FOLDER, configEnv, sessiondEnv, sessiondEnvFrom, workspaceEnv } from "./pod-env.ts";
import type { PodOptions } from "./pod-options.ts";
import { type Owner, sessionMetadata } from "./session-metadata.ts";

export const CONTAINERS = {
  config: "config",
  workspace: "workspace",
  sessiond: "sessiond",
  chromium: "chromium",
} as const;

/** sessiond has to be healthy within this time of its own start. */
export const BOOT_LIMIT_MS = 120_000;

const PLATFORM = "/opt/opencode-router";
/** The user of the image. */
const USER = 1000;
/** Longer than sessiond gives opencode to close its database. */
const STOP_GRACE_SECONDS = 40;

/** A session as a pod that passes the restricted Pod Security Standard. It runs once: the router starts the next one. */
export const buildPod = (spec: SessionSpec, owner: Owner, options: PodOptions): V1Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: sessionMetadata(podName(spec.hash), spec.hash, owner),
  spec: {
    ...placement(options),
    restartPolicy: "Never",
    terminationGracePeriodSeconds: STOP_GRACE_SECONDS,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    initContainers: [...chromium(options), ...initSteps(spec, options)],
    containers: [sessiond(spec, options)],
    volumes: volumes(spec, options),
  },
});

const placement = ({ imagePullSecret, runtimeClass, nodeSelector, tolerations }: PodOptions): Partial<V1PodSpec> => ({
  ...(imagePullSecret === undefined ? {} : { imagePullSecrets: [{ name: imagePullSecret }] }),
  ...(runtimeClass === undefined ? {} : { runtimeClassName: runtimeClass }),
  ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector: { ...nodeSelector } }),
  ...(tolerations.length === 0 ? {} : { tolerations: [...tolerations] }),
});

const SECURITY: V1SecurityContext = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/** A failing container's last lines come with its status: nobody has to ask for its log. */
const LAST_WORDS = { terminationMessagePolicy: "FallbackToLogsOnError" } as const;

const HOME: V1VolumeMount = { name: "home", mountPath: "/home/opencode" };
const TMP: V1VolumeMount = { name: "tmp", mountPath: "/tmp" };
const SECRET: V1VolumeMount = { name: "session", mountPath: SECRET_FOLDER, readOnly: true };
const MODELS: V1VolumeMount = { name: "models", mountPath: MODELS_FOLDER, readOnly: true };

function initSteps(spec: SessionSpec, options: PodOptions): V1Container[] {
  const step = (name: "config" | "workspace", own: Pick<V1Container, "env" | "volumeMounts">): V1Container => ({
    name: CONTAINERS[name],
    image: options.image,
    // A shell alone would be deaf to the signal of a stop, and git behind it, too.
    command: ["/usr/bin/tini", "-g", "--", `${PLATFORM}/init/${name}.sh`],
    ...own,
    resources: options.resources,
    securityContext: SECURITY,
    ...LAST_WORDS,
  });
  return [
    step("config", {
      env: configEnv(spec, options),
      volumeMounts: [
        HOME,
        TMP,
        ...(options.hasOverrides ? [SECRET] : []),
        ...(options.modelsConfigMap === undefined ? [] : [MODELS]),
      ],
    }),
    step("workspace", { env: workspaceEnv(spec, options), volumeMounts: [HOME, TMP] }),
  ];
}

function sessiond(spec: SessionSpec, options: PodOptions): V1Container {
  const health = { exec: { command: [`${PLATFORM}/healthcheck.sh`] } };
  return {
    name: CONTAINERS.sessiond,
    image: options.image,
    ports: [{ name: "sessiond", containerPort: SESSIOND_PORT, protocol: "TCP" }],
    envFrom: sessiondEnvFrom(spec, options),
    env: sessiondEnv(spec, options),
    startupProbe: { ...health, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: BOOT_LIMIT_MS / 1000 },
    readinessProbe: { ...health, periodSeconds: 5, timeoutSeconds: 6, failureThreshold: 3 },
    volumeMounts: [HOME, TMP, SECRET],
    resources: options.resources,
    securityContext: SECURITY,
    ...LAST_WORDS,
  };
}

const CHROMIUM_RESOURCES = {
  requests: { cpu: "50m", memory: "128Mi" },
  limits: { cpu: "1", memory: "1Gi" },
};

/** A sidecar in the place of an init container: it starts first, comes back when it crashes, and ends after sessiond. */
const chromium = ({ chromiumImage }: PodOptions): V1Container[] =>
  chromiumImage === undefined
    ? []
    : [
        {
          name: CONTAINERS.chromium,
          image: chromiumImage,
          restartPolicy: "Always",
          args: [
            "--headless",
            "--remote-debugging-address=127.0.0.1",
            "--remote-debugging-port=9222",
            "--user-data-dir=/tmp/chromium",
            // The container is the sandbox: Chromium's own needs rights that no container of a session has.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
          ],
          env: [{ name: "HOME", value: "/tmp" }],
          volumeMounts: [{ name: "chromium-tmp", mountPath: "/tmp" }],
          resources: CHROMIUM_RESOURCES,
          securityContext: SECURITY,
          ...LAST_WORDS,
        },
      ];

function volumes({ hash }: SessionSpec, { modelsConfigMap, chromiumImage }: PodOptions): V1Volume[] {
  const name = secretName(hash);
  const { sessionKey, initialMessage, overrides } = SECRET_KEYS;
  return [
    { name: HOME.name, persistentVolumeClaim: { claimName: claimName(hash) } },
    { name: TMP.name, emptyDir: { sizeLimit: "2Gi" } },
    {
      name: SECRET.name,
      // Not the whole Secret: the token for GitHub is no file that every program of the session could read.
      projected: {
        defaultMode: 0o440,
        sources: [
          { secret: { name, items: [fileOf(sessionKey)] } },
          { secret: { name, items: [fileOf(initialMessage), fileOf(overrides)], optional: true } },
        ],
      },
    },
    ...(modelsConfigMap === undefined
      ? []
      : [{ name: MODELS.name, configMap: { name: modelsConfigMap, optional: true } }]),
    ...(chromiumImage === undefined ? [] : [{ name: "chromium-tmp", emptyDir: { sizeLimit: "512Mi" } }]),
  ];
}

const fileOf = (key: string) => ({ key, path: key });
