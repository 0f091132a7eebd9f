import type { V1ObjectMeta } from "@kubernetes/client-node";
import type { API_VERSION, SESSION_KIND } from "../../contracts/cluster-names.ts";
import type { Failure, SessionState } from "../../contracts/session.ts";
import type { SessionHash } from "../../contracts/session-hash.ts";

/** A Session resource has the hash as its name; what it owns is named after it. */
export const podName = (hash: SessionHash): string => `session-${hash}`;
export const secretName = (hash: SessionHash): string => `session-${hash}`;
export const claimName = (hash: SessionHash): string => `home-${hash}`;

/** A session as the cluster keeps it: `spec` is what is wanted, `status` what became of it. Times ISO 8601 UTC. */
export interface SessionResource {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: typeof SESSION_KIND;
  readonly metadata: V1ObjectMeta;
  readonly spec: SessionResourceSpec;
  readonly status?: SessionResourceStatus;
}

export interface SessionResourceSpec {
  /** The name once more: no controller has to trust a name. Cannot change. */
  readonly hash: string;
  /** E-mail address. Cannot change. */
  readonly owner: string;
  /** Absent for a blank project. Cannot change. */
  readonly repository?: { readonly url: string; readonly branch: string; readonly sourceBranch: string };
  readonly initialMessage?: string;
  /** `deleted` is told by `metadata.deletionTimestamp`. */
  readonly desired: "running" | "stopped";
  /** This and the next are absent when somebody else than the router made the resource. */
  readonly attachNonce?: string;
  /** Cannot change. */
  readonly createdAt?: string;
}

export interface SessionResourceStatus {
  readonly state?: SessionState;
  /** Why the last start failed and is not tried again by itself. */
  readonly failure?: Failure;
  /** Failed starts in a row. */
  readonly failedStarts?: number;
  readonly initialMessageDone?: boolean;
  readonly title?: string;
  readonly description?: string;
  readonly conversation?: { readonly id: string; readonly directory: string };
  readonly lastActivity?: string;
  readonly conditions?: readonly SessionCondition[];
}

export interface SessionCondition {
  readonly type: "Ready";
  readonly status: "True" | "False";
  /** CamelCase: the state, or the reason of a failure. */
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}
