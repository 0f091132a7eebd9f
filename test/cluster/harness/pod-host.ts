import type { V1Container, V1Pod } from "@kubernetes/client-node";
import type { Mount } from "./container-root.ts";
import type { Image } from "./image.ts";
import type { Keeper } from "./keeper.ts";
import type { Env } from "./pod-env.ts";
import type { TestApi } from "./test-api.ts";

/** What a node gives the pods on it. */
export interface PodHost {
  readonly name: string;
  readonly api: TestApi;
  readonly keeper: Keeper;
  /** The API server's port. */
  readonly apiPort: number;
  /** Folder for the files of pods. */
  readonly folder: string;
  /** Folders of this machine that every container sees. */
  readonly shared: readonly Mount[];
  /** Fires when the node is heard of no more. */
  readonly silent: AbortSignal;
  /** The image, or undefined where it cannot be pulled. */
  image(name: string): Image | undefined;
  claimFolder(namespace: string, claim: string): Promise<string | undefined>;
}

/** Decoded values of a Secret or ConfigMap. */
export async function readValues(
  api: TestApi,
  {
    namespace,
    kind,
    name,
  }: { readonly namespace: string; readonly kind: "secret" | "configmap"; readonly name: string },
): Promise<Env | undefined> {
  const path = `/api/v1/namespaces/${namespace}/${kind}s/${name}`;
  const found = await api.find<{ data?: Env }>(path);
  if (found === undefined || kind === "configmap") return found === undefined ? undefined : (found.data ?? {});
  const decoded = Object.entries(found.data ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value, "base64").toString(),
  ]);
  return Object.fromEntries(decoded) as Env;
}

/** Fields of the downward API that pods may ask for. */
export const podFields = ({ metadata, spec }: V1Pod, podIP: string): Env => ({
  "metadata.name": metadata?.name ?? "",
  "metadata.namespace": metadata?.namespace ?? "",
  "metadata.uid": metadata?.uid ?? "",
  "spec.nodeName": spec?.nodeName ?? "",
  "status.podIP": podIP,
  "status.hostIP": "127.0.0.1",
});

/** The user, group and further groups of a container's processes. */
export function identity(pod: V1Pod, container: V1Container, image: Image) {
  const { securityContext: own = {} } = container;
  const { securityContext: shared = {} } = pod.spec ?? {};
  const fsGroup = shared.fsGroup === undefined ? [] : [shared.fsGroup];
  return {
    uid: own.runAsUser ?? shared.runAsUser ?? image.uid,
    gid: own.runAsGroup ?? shared.runAsGroup ?? image.gid,
    groups: [...fsGroup, ...(shared.supplementalGroups ?? [])],
  };
}
