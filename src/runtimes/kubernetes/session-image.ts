import type { V1ConfigMap } from "@kubernetes/client-node";
import { isApiError } from "./api-error.ts";
import { KINDS, type ClusterClient } from "./cluster-client.ts";
import { APP_LABELS } from "../../contracts/cluster-names.ts";

const NAME = "session-image";

/** The image that sessions start with: the configured one, or another that took its place since it was configured. */
export async function sessionImage(client: Pick<ClusterClient, "get">, configured: string): Promise<string> {
  const chosen = await client.get<V1ConfigMap>(KINDS.configmaps, NAME);
  return chosen?.data?.["instead-of"] === configured ? (chosen.data["image"] ?? configured) : configured;
}

/** Puts an image in the place of the configured one for every start from now on, by any router, until another is configured. */
export async function chooseSessionImage(
  client: Pick<ClusterClient, "create" | "replace">,
  choice: { readonly configured: string; readonly image: string },
): Promise<void> {
  const map: V1ConfigMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: NAME, labels: { ...APP_LABELS, "app.kubernetes.io/component": "session-image" } },
    data: { "instead-of": choice.configured, image: choice.image },
  };
  await client.create(KINDS.configmaps, map).catch(async (cause: unknown) => {
    if (!isApiError(cause, "alreadyExists")) throw cause;
    await client.replace(KINDS.configmaps, NAME, map);
  });
}
