import type { V1ResourceRequirements, V1Toleration } from "@kubernetes/client-node";
import type { SessionHash } from "../../contracts/session-hash.ts";

/** What the operator decided for every session's pod, volume and Secret. */
export interface PodOptions {
  readonly image: string;
  readonly imagePullSecret?: string;
  /** Absent: the cluster's default. */
  readonly storageClass?: string;
  /** A Kubernetes quantity, such as `10Gi`. */
  readonly storageSize: string;
  readonly runtimeClass?: string;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly V1Toleration[];
  /** Of sessiond and everything that runs below it; of each init step, too, as they run before it. */
  readonly resources: Required<Pick<V1ResourceRequirements, "requests" | "limits">>;
  /** Variables that every session gets; they are no secrets. */
  readonly sessionEnv: Readonly<Record<string, string>>;
  /** Config map with the model list as `models.json`. */
  readonly modelsConfigMap?: string;
  /** Secret whose keys are variables of sessiond and everything below it. */
  readonly apiKeySecret?: string;
  /** Whether a session's Secret holds the operator's overrides of opencode.json. */
  readonly hasOverrides: boolean;
  /** The internal listener, as sessions reach it: where sessiond reports. */
  readonly routerUrl: string;
  /** Public URL of a dev server, with `{port}` in the place of its port. */
  readonly portUrlPattern?: (hash: SessionHash) => string;
  /** Whom a sign-in's token is for, when it is not github.com. */
  readonly githubOrigin?: string;
  /** An image whose entry point is a Chromium: runs headless beside the session, on loopback 9222. */
  readonly chromiumImage?: string;
}
