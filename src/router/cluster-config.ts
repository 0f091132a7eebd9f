import type { SettingValues } from "./settings.ts";

/** What the Kubernetes runtime is told of its cluster and its pods. */
export interface ClusterConfig {
  /** File of credentials; undefined: the service account of the router's own pod. */
  readonly kubeconfig: string | undefined;
  readonly namespace: string;
  readonly image: string;
  /** The internal listener, as pods reach it. */
  readonly internalUrl: string;
  readonly imagePullSecret: string | undefined;
  readonly storageClass: string | undefined;
  readonly storageSize: string;
  readonly modelsConfigMap: string | undefined;
  readonly apiKeySecret: string | undefined;
  readonly resources: SettingValues["SESSION_RESOURCES"];
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: SettingValues["TOLERATIONS"];
  readonly runtimeClass: string | undefined;
  readonly chromiumImage: string | undefined;
}

const REQUIRED = ["SESSION_NAMESPACE", "SESSION_IMAGE", "INTERNAL_URL"] as const;

export const composeCluster = (values: SettingValues): ClusterConfig | undefined =>
  values.RUNTIME === "process"
    ? undefined
    : {
        kubeconfig: values.KUBECONFIG,
        // What is required and missing is a problem of its own, below.
        namespace: values.SESSION_NAMESPACE ?? "",
        image: values.SESSION_IMAGE ?? "",
        internalUrl: (values.INTERNAL_URL ?? "").replace(/\/$/, ""),
        imagePullSecret: values.IMAGE_PULL_SECRET_NAME,
        storageClass: values.STORAGE_CLASS,
        storageSize: values.STORAGE_SIZE,
        modelsConfigMap: values.MODELS_CONFIG_MAP,
        apiKeySecret: values.API_KEY_SECRET_NAME,
        resources: values.SESSION_RESOURCES,
        nodeSelector: values.NODE_SELECTOR,
        tolerations: values.TOLERATIONS,
        runtimeClass: values.RUNTIME_CLASS_NAME,
        chromiumImage: values.CHROMIUM_IMAGE,
      };

/** What a router for a cluster must be told, and is not. */
export const clusterProblems = (values: SettingValues): string[] =>
  values.RUNTIME === "process"
    ? []
    : REQUIRED.filter((name) => values[name] === undefined).map((name) => `${name}: required with RUNTIME=kubernetes`);
