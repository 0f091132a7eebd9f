import type { PodOptions } from "../runtimes/kubernetes/pod-options.ts";
import type { ClusterConfig } from "./cluster-config.ts";

/** What the configuration says of pods, with what comes from elsewhere. */
export const podOptions = (
  pods: ClusterConfig,
  others: Pick<PodOptions, "sessionEnv" | "hasOverrides" | "githubOrigin" | "portUrlPattern">,
): PodOptions => ({
  image: pods.image,
  storageSize: pods.storageSize,
  resources: pods.resources,
  nodeSelector: pods.nodeSelector,
  tolerations: pods.tolerations,
  routerUrl: pods.internalUrl,
  ...defined({
    imagePullSecret: pods.imagePullSecret,
    storageClass: pods.storageClass,
    runtimeClass: pods.runtimeClass,
    modelsConfigMap: pods.modelsConfigMap,
    apiKeySecret: pods.apiKeySecret,
    chromiumImage: pods.chromiumImage,
  }),
  ...others,
});

const defined = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
