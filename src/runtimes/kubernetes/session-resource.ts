import { isDeepStrictEqual } from "node:util";
import { parseEmail } from "../../contracts/email.ts";
import { isSessionHash } from "../../contracts/session-hash.ts";
import type { SessionPatch, SessionRecord } from "../../sessions/store.ts";
import { clipText, storableText } from "./clip-text.ts";
import { API_VERSION, SESSION_KIND, SESSION_LABEL, APP_LABELS } from "../../contracts/cluster-names.ts";
import { type SessionResource, type SessionResourceSpec, type SessionResourceStatus } from "./objects.ts";

/**
 * Bytes of a session's texts in the store, so that a session is at most 20 KB there. A longer text keeps its beginning and an
 * ellipsis; the first message does so only once it was given to the agent, and is whole until then.
 */
const LIMITS = { givenMessage: 3072, title: 1024, description: 1024, failure: 2048 } as const;

/** A merge patch: what is null is removed. */
export type Changes<T> = { readonly [K in keyof T]?: T[K] | null };

export interface ResourcePatches {
  readonly spec?: Changes<SessionResourceSpec>;
  /** For the subresource. */
  readonly status?: Changes<SessionResourceStatus>;
  readonly delete?: true;
  /**
   * It counts a failure: worth something only for the resource that it was counted on. A wish that sets the count back is
   * not: it holds whatever happened meanwhile.
   */
  readonly guarded: boolean;
}

/** The resource of a new session. Its status says only what is not so by itself: a create does not store a status. */
export function newResource(record: SessionRecord): SessionResource {
  const { hash, owner, repoUrl, branch, sourceBranch, initialMessage, attachNonce } = record;
  const createdAt = timeText(record.createdAt);
  const status = withoutNulls(statusChanges(record));
  if (record.initialMessageDone === (initialMessage === null)) delete status.initialMessageDone;
  if (record.lastActivity === record.createdAt) delete status.lastActivity;
  return {
    apiVersion: API_VERSION,
    kind: SESSION_KIND,
    metadata: { name: hash, labels: { ...APP_LABELS, [SESSION_LABEL]: hash } },
    spec: {
      hash,
      owner,
      ...(repoUrl !== null && branch !== null && sourceBranch !== null
        ? { repository: { url: repoUrl, branch, sourceBranch } }
        : {}),
      ...(initialMessage === null ? {} : { initialMessage: storableText(initialMessage) }),
      desired: record.desired === "running" ? "running" : "stopped",
      attachNonce,
      createdAt,
    },
    ...(Object.keys(status).length > 0 ? { status } : {}),
  };
}

/** @returns undefined for a resource that names no session: one that got past the validation of the kind. */
export function recordOf({ metadata, spec, status = {} }: SessionResource): SessionRecord | undefined {
  const hash = metadata.name ?? "";
  const owner = parseEmail(spec.owner);
  if (!isSessionHash(hash) || !owner) return undefined;
  // One that was made by hand has neither a time nor a nonce of ours.
  const createdAt = timeOf(spec.createdAt ?? metadata.creationTimestamp) ?? 0;
  const initialMessage = spec.initialMessage ?? null;
  return {
    hash,
    owner,
    repoUrl: spec.repository?.url ?? null,
    branch: spec.repository?.branch ?? null,
    sourceBranch: spec.repository?.sourceBranch ?? null,
    initialMessage,
    initialMessageDone: status.initialMessageDone ?? initialMessage === null,
    desired: metadata.deletionTimestamp === undefined ? spec.desired : "deleted",
    failure: status.failure ?? null,
    failedStarts: status.failedStarts ?? 0,
    title: status.title ?? null,
    description: status.description ?? null,
    conversation: status.conversation ?? null,
    attachNonce: spec.attachNonce ?? metadata.uid ?? "",
    createdAt,
    lastActivity: timeOf(status.lastActivity) ?? createdAt,
    home: null,
    seen: null,
  };
}

/** What a change of the record is for the resource. A first message has to come together with whether it was given. */
export function patchesOf(patch: SessionPatch): ResourcePatches {
  const { desired } = patch;
  const spec = {
    ...(patch.initialMessage === undefined
      ? {}
      : { initialMessage: patch.initialMessage && storableText(patch.initialMessage) }),
    ...(patch.attachNonce === undefined ? {} : { attachNonce: patch.attachNonce }),
    ...(desired === undefined || desired === "deleted" ? {} : { desired }),
  };
  const status = statusChanges(patch);
  const counts = patch.failure !== undefined || patch.failedStarts !== undefined;
  return {
    ...(Object.keys(spec).length > 0 ? { spec } : {}),
    ...(Object.keys(status).length > 0 ? { status } : {}),
    ...(desired === "deleted" ? { delete: true } : {}),
    guarded: counts && desired === undefined,
  };
}

/** What makes a resource small again whose first message the agent has; undefined when it is small. */
export function shortened({ spec, status }: SessionResource): Changes<SessionResourceSpec> | undefined {
  if (spec.initialMessage === undefined || !status?.initialMessageDone) return undefined;
  const initialMessage = clipText(spec.initialMessage, LIMITS.givenMessage);
  return initialMessage === spec.initialMessage ? undefined : { initialMessage };
}

/** Whether a merge patch would change anything. */
export const isChange = <T extends object>(current: T | undefined, changes: Changes<T>): boolean =>
  Object.entries(changes).some(([key, value]) => !isDeepStrictEqual(current?.[key as keyof T] ?? null, value));

function statusChanges(patch: SessionPatch): Changes<SessionResourceStatus> {
  const { failure, failedStarts, initialMessageDone, title, description, conversation, lastActivity } = patch;
  return {
    ...(failure === undefined
      ? {}
      : { failure: failure && { reason: failure.reason, message: clipText(failure.message, LIMITS.failure) } }),
    ...(failedStarts === undefined ? {} : { failedStarts: failedStarts || null }),
    ...(initialMessageDone === undefined ? {} : { initialMessageDone }),
    ...(title === undefined ? {} : { title: clipped(title, LIMITS.title) }),
    ...(description === undefined ? {} : { description: clipped(description, LIMITS.description) }),
    ...(conversation === undefined ? {} : { conversation }),
    ...(lastActivity === undefined ? {} : { lastActivity: timeText(lastActivity) }),
  };
}

const clipped = (text: string | null, maxBytes: number): string | null => text && clipText(text, maxBytes);

function withoutNulls<T extends object>(changes: Changes<T>): { -readonly [K in keyof T]?: T[K] } {
  const given = Object.entries(changes).filter(([, value]) => value !== null);
  return Object.fromEntries(given) as { -readonly [K in keyof T]?: T[K] };
}

const timeText = (at: number): string => new Date(at).toISOString();

/** The client's own types say that some of these are dates; in JSON they are text. */
function timeOf(time: string | Date | undefined): number | undefined {
  const at = time === undefined ? Number.NaN : new Date(time).getTime();
  return Number.isNaN(at) ? undefined : at;
}
