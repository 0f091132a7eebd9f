import type { V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { ClusterClient, KINDS, type ClusterClientOptions } from "./cluster-client.ts";
import type { ClusterSource } from "./cluster-source.ts";
import { ObjectCache } from "./object-cache.ts";
import { APP_LABELS } from "../../contracts/cluster-names.ts";
import { type SessionResource } from "./objects.ts";
import { reflect } from "./reflector.ts";

export interface ClusterParts {
  readonly source: ClusterSource;
  /** Of the sessions and all that belongs to them. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Hears of each call to the API. */
  readonly onCall?: ClusterClientOptions["onCall"];
}

/** A namespace that is watched: what is in it, and how to write to it. */
export interface WatchedCluster {
  readonly client: ClusterClient;
  readonly sessions: ObjectCache<SessionResource>;
  readonly pods: ObjectCache<V1Pod>;
  readonly claims: ObjectCache<V1PersistentVolumeClaim>;
  close(): Promise<void>;
}

const SYNC_LIMIT_MS = 60_000;

const OURS = Object.entries(APP_LABELS)
  .map(([name, value]) => `${name}=${value}`)
  .join(",");

/** Resolves when everything that is there is known. @throws Error when the API server does not answer in time */
export async function openCluster({ source, namespace, clock, log, onCall }: ClusterParts): Promise<WatchedCluster> {
  const client = new ClusterClient({ source, namespace, clock, ...(onCall ? { onCall } : {}) });
  const closing = new AbortController();
  const watch = async <T extends object>(kind: (typeof KINDS)[keyof typeof KINDS], labelSelector?: string) => {
    const cache = new ObjectCache<T>();
    const { synced } = reflect<T>({
      client,
      kind,
      cache,
      clock,
      log,
      signal: closing.signal,
      ...(labelSelector === undefined ? {} : { labelSelector }),
    });
    await inTime(synced);
    return cache;
  };
  const close = async () => {
    closing.abort();
    await client.close();
  };
  try {
    const [pods, claims] = await Promise.all([
      watch<V1Pod>(KINDS.pods, OURS),
      watch<V1PersistentVolumeClaim>(KINDS.persistentvolumeclaims, OURS),
    ]);
    // After the pods: each pod that is known has its session in this list, or has none.
    const sessions = await watch<SessionResource>(KINDS.sessions);
    return { client, sessions, pods, claims, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

async function inTime(synced: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const sentence = `the cluster did not tell what is in it within ${SYNC_LIMIT_MS / 1000} seconds: see the log for why`;
    timer = setTimeout(() => reject(new Error(sentence)), SYNC_LIMIT_MS);
  });
  await Promise.race([synced, late]).finally(() => clearTimeout(timer));
}
