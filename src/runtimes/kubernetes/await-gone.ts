import type { Clock } from "../../lib/clock.ts";
import type { ClusterClient, Kind } from "./cluster-client.ts";
import type { KubeObject, ObjectCache } from "./object-cache.ts";

export interface Going<T extends KubeObject> {
  readonly kind: Kind;
  readonly cache: ObjectCache<T>;
  readonly name: string;
  /** Of the one that goes; any other of its name counts as gone. Default: the one that is there now. */
  readonly uid?: string;
  readonly signal?: AbortSignal;
}

/** The API is asked itself this often, for a watch that is silent. */
const LOOK_MS = 5_000;
/** The time that a pod has to end, and as much for its node to say so. */
const PATIENCE_MS = 80_000;

/** Resolves when an object is gone. @throws Error with what holds it, when it stays too long; when aborted */
export async function awaitGone<T extends KubeObject>(
  { client, clock }: { readonly client: Pick<ClusterClient, "get">; readonly clock: Clock },
  { kind, cache, name, uid = cache.get(name)?.metadata?.uid, signal }: Going<T>,
): Promise<void> {
  const deadline = clock.now() + PATIENCE_MS;
  const isThere = () => cache.get(name)?.metadata?.uid === uid && cache.get(name) !== undefined;
  while (isThere()) {
    signal?.throwIfAborted();
    if (clock.now() > deadline)
      throw new Error(`${kind.plural} ${name} should be gone and is not: ${holder(cache.get(name))}`);
    await changeOf(cache, { name, clock, ...(signal ? { signal } : {}) });
    if (!isThere()) return;
    const live = await client.get<T>(kind, name);
    if (live !== undefined) cache.put(live);
    else if (uid !== undefined) cache.forget(name, uid);
  }
}

function holder(object: KubeObject | undefined): string {
  const finalizers = object?.metadata?.finalizers ?? [];
  return finalizers.length > 0 ? `finalizers ${finalizers.join(", ")}` : "its node does not confirm that it ended";
}

/** Resolves with the next change of the object, or after a while. */
async function changeOf<T extends KubeObject>(
  cache: ObjectCache<T>,
  { name, clock, signal }: { readonly name: string; readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<void> {
  const done = new AbortController();
  using _live = cache.changes.subscribe((changed) => {
    if (changed === name) done.abort();
  });
  const either = signal ? AbortSignal.any([done.signal, signal]) : done.signal;
  await clock.sleep(LOOK_MS, either).catch(() => {}); // a change, or the caller's end: both are looked at
}
