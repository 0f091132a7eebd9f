import { isDeepStrictEqual } from "node:util";
import type { V1Secret } from "@kubernetes/client-node";
import type { SessionSpec } from "../runtime.ts";
import { isApiError } from "./api-error.ts";
import { buildUserSecret } from "./build-secret.ts";
import { KINDS, type ClusterClient } from "./cluster-client.ts";

/** Makes the Secret of a session's owner say what the owner's secrets are now. Who has none, and never had any, has no Secret. */
export async function writeUserSecret(
  client: Pick<ClusterClient, "get" | "create" | "replace">,
  { owner, secrets }: Pick<SessionSpec, "owner" | "secrets">,
): Promise<void> {
  const wanted = buildUserSecret(owner, secrets);
  const name = wanted.metadata?.name ?? "";
  const there = await client.get<V1Secret>(KINDS.secrets, name);
  const isEmpty = Object.keys(wanted.data ?? {}).length === 0;
  if (there === undefined && isEmpty) return;
  if (there !== undefined && isDeepStrictEqual(there.data ?? {}, wanted.data ?? {})) return;
  if (there !== undefined) return void (await client.replace(KINDS.secrets, name, wanted));
  // Another session of the same person may be starting at this moment: both write the same.
  await client.create(KINDS.secrets, wanted).catch(async (cause: unknown) => {
    if (!isApiError(cause, "alreadyExists")) throw cause;
    await client.replace(KINDS.secrets, name, wanted);
  });
}
