import type { V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { ClusterClient } from "./cluster-client.ts";
import type { ObjectCache } from "./object-cache.ts";
import type { SessionResource } from "./objects.ts";
import type { PodOptions } from "./pod-options.ts";

/** The namespace of the sessions: how it is written to, and what the watches tell of it. */
export interface Cluster {
  readonly client: Pick<ClusterClient, "get" | "create" | "replace" | "patch" | "delete">;
  readonly sessions: ObjectCache<SessionResource>;
  readonly pods: ObjectCache<V1Pod>;
  readonly claims: ObjectCache<V1PersistentVolumeClaim>;
  readonly options: PodOptions;
  /** Text of the operator's overrides of opencode.json. */
  readonly overrides?: string;
  readonly clock: Clock;
  readonly log: Log;
}
