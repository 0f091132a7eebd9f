import { isDeepStrictEqual } from "node:util";
import { ProblemError } from "../../contracts/problem.ts";
import type { SessionHash } from "../../contracts/session-hash.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { SessionPatch, SessionRecord, SessionRepository } from "../../sessions/store.ts";
import { isApiError } from "./api-error.ts";
import { awaitGone } from "./await-gone.ts";
import { KINDS, type ClusterClient } from "./cluster-client.ts";
import type { ObjectCache } from "./object-cache.ts";
import type { SessionResource } from "./objects.ts";
import { isChange, newResource, patchesOf, recordOf, shortened, type ResourcePatches } from "./session-resource.ts";

export interface ResourceRepositoryParts {
  readonly client: Pick<ClusterClient, "get" | "create" | "patch" | "delete">;
  /** Knows everything that there is. */
  readonly sessions: ObjectCache<SessionResource>;
  readonly clock: Clock;
  readonly log: Log;
}

/** After so many in a row somebody writes the session all the time: whoever asked tries again later. */
const MAX_CONFLICTS = 5;
const RETRY_AFTER_SECONDS = 5;

/** Sessions as resources of the cluster: read from what the watch tells, written to the API server. */
export class ResourceRepository implements SessionRepository {
  readonly #parts: ResourceRepositoryParts;
  /** What the caller was told of each session last: on that it counts failures. */
  readonly #told = new Map<string, SessionResource>();

  constructor(parts: ResourceRepositoryParts) {
    this.#parts = parts;
  }

  async all(): Promise<SessionRecord[]> {
    const records = this.#parts.sessions.all().flatMap((resource) => this.#tell(resource) ?? []);
    return records.toSorted((a, b) => a.createdAt - b.createdAt || a.hash.localeCompare(b.hash));
  }

  async get(hash: SessionHash): Promise<SessionRecord | undefined> {
    return this.#tellOf(hash);
  }

  /** What is known of a session at this moment; the caller's counts go on being made on what `get` and the others told. */
  peek(hash: SessionHash): SessionRecord | undefined {
    const resource = this.#parts.sessions.get(hash);
    return resource && recordOf(resource);
  }

  /** @throws ProblemError when the cluster does not answer, or has no room */
  insert(record: SessionRecord): Promise<boolean> {
    return this.#asked(record.hash, async () => {
      const { client } = this.#parts;
      const { status, ...resource } = newResource(record);
      for (let tries = 1; ; tries++) {
        try {
          const created = this.#heard(await client.create<SessionResource>(KINDS.sessions, resource));
          if (status) await this.#patch(created, { status });
          return true;
        } catch (cause) {
          if (!isApiError(cause, "alreadyExists") || tries === MAX_CONFLICTS) throw cause;
          // It may go away in the same moment.
          if (await this.#reread(record.hash)) return false;
        }
      }
    });
  }

  /**
   * A wish is sent even if it changes nothing: what is known may be older than another router's wish. Counts of failures
   * change nothing when they were made on something that is no longer so.
   * @throws ProblemError when the cluster does not answer
   */
  update(hash: SessionHash, patch: SessionPatch): Promise<SessionRecord | undefined> {
    return this.#asked(hash, async () => {
      const resource = this.#parts.sessions.get(hash);
      if (!resource) return undefined;
      const patches = patchesOf(withoutOldActivity(patch, resource));
      if (patches.delete) return this.#wishGone(resource);
      try {
        await this.#write(resource, patches);
      } catch (cause) {
        // "invalid": that is what a change of another object's uid is called.
        if (!isApiError(cause, "notFound", "invalid")) throw cause;
        const live = await this.#reread(hash);
        if (live && live.metadata.uid === resource.metadata.uid) throw cause;
      }
      return this.#tellOf(hash);
    });
  }

  /** In a cluster every router may act for every session. */
  async claim(): Promise<void> {}

  /** @throws Error when something holds the resource for too long */
  async remove(hash: SessionHash): Promise<void> {
    const { client, clock, sessions } = this.#parts;
    const resource = sessions.get(hash);
    if (!resource) return;
    const { uid, deletionTimestamp } = resource.metadata;
    if (deletionTimestamp === undefined) await this.#delete(resource);
    const going = { kind: KINDS.sessions, cache: sessions, name: hash, ...(uid === undefined ? {} : { uid }) };
    await awaitGone({ client, clock }, going);
  }

  async #write(known: SessionResource, { spec, status, guarded }: ResourcePatches): Promise<void> {
    let resource: SessionResource | undefined = known;
    if (spec && (spec.desired !== undefined || isChange(resource.spec, spec)))
      resource = await this.#patch(resource, { spec });
    if (status && isChange(resource.status, status))
      resource = await (guarded ? this.#count(resource, status) : this.#patch(resource, { status }));
    const short = resource && shortened(resource);
    if (resource && short) await this.#patch(resource, { spec: short });
  }

  /** @returns the resource as it is then, whether it was counted or not; undefined when it is gone */
  async #count(
    known: SessionResource,
    status: NonNullable<ResourcePatches["status"]>,
  ): Promise<SessionResource | undefined> {
    const counted = this.#told.get(nameOf(known)) ?? known;
    let resource: SessionResource | undefined = known;
    for (let tries = 1; resource && isAsCounted(counted, resource); tries++) {
      try {
        return await this.#patch(resource, { status, resourceVersion: resource.metadata.resourceVersion });
      } catch (cause) {
        if (!isApiError(cause, "conflict") || tries === MAX_CONFLICTS) throw cause;
        resource = await this.#reread(nameOf(resource));
      }
    }
    return resource;
  }

  /** A conflict with no version asked for is the server's own trouble with others that write: the same is said again. */
  async #patch(
    { metadata: { name = "", uid } }: SessionResource,
    {
      spec,
      status,
      resourceVersion,
    }: Pick<ResourcePatches, "spec" | "status"> & { resourceVersion?: string | undefined },
  ): Promise<SessionResource> {
    const { client } = this.#parts;
    // The uid keeps a wish from another session that took the name; the subresource does not look at it.
    const body = { metadata: { uid, resourceVersion }, ...(spec ? { spec } : { status }) };
    const patch = spec ? { body } : { body, subresource: "status" as const };
    for (let tries = 1; ; tries++) {
      try {
        return this.#heard(await client.patch<SessionResource>(KINDS.sessions, name, patch));
      } catch (cause) {
        if (resourceVersion !== undefined || !isApiError(cause, "conflict") || tries === MAX_CONFLICTS) throw cause;
      }
    }
  }

  async #wishGone(resource: SessionResource): Promise<SessionRecord | undefined> {
    const record = recordOf(resource);
    const outcome = await this.#delete(resource);
    const left = record && this.#tellOf(record.hash);
    // What owns nothing is gone at once. That is no reason to say that it was never there.
    return left ?? (record && outcome === "deleted" ? { ...record, desired: "deleted" } : undefined);
  }

  /** Begins it: the resource is there until everything that it owns is gone. */
  async #delete(resource: SessionResource): Promise<"deleted" | "absent"> {
    const { client } = this.#parts;
    const { uid } = resource.metadata;
    const options = { propagation: "Foreground", ...(uid ? { uid } : {}) } as const;
    const outcome = await client.delete(KINDS.sessions, nameOf(resource), options).catch((cause: unknown) => {
      // Another one of this name: ours is gone.
      if (isApiError(cause, "conflict")) return "absent" as const;
      throw cause;
    });
    await this.#reread(nameOf(resource));
    return outcome;
  }

  async #reread(name: string): Promise<SessionResource | undefined> {
    const { client, sessions } = this.#parts;
    const { uid } = sessions.get(name)?.metadata ?? {};
    const live = await client.get<SessionResource>(KINDS.sessions, name);
    if (live) sessions.put(live);
    else if (uid !== undefined) sessions.forget(name, uid);
    return live;
  }

  #heard(resource: SessionResource): SessionResource {
    this.#parts.sessions.put(resource);
    return resource;
  }

  #tellOf(hash: SessionHash): SessionRecord | undefined {
    const resource = this.#parts.sessions.get(hash);
    if (resource) return this.#tell(resource);
    this.#told.delete(hash);
    return undefined;
  }

  #tell(resource: SessionResource): SessionRecord | undefined {
    const record = recordOf(resource);
    if (record) this.#told.set(record.hash, resource);
    else this.#parts.log.warn({ name: nameOf(resource) }, "cluster.session-not-understood");
    return record;
  }

  async #asked<T>(hash: SessionHash, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (cause) {
      if (!isApiError(cause, "transient", "tooMany", "quota", "conflict")) throw cause;
      this.#parts.log.warn({ hash, err: cause }, "cluster.session-not-written");
      if (cause.kind === "quota")
        throw new ProblemError("limit_reached", `The cluster has no room for another session: ${cause.message}.`);
      const seconds = Math.ceil((cause.retryAfterMs ?? RETRY_AFTER_SECONDS * 1000) / 1000);
      throw new ProblemError("unavailable", "The cluster does not answer. Try again in a moment.", {
        "Retry-After": `${seconds}`,
      });
    }
  }
}

const nameOf = (resource: SessionResource): string => resource.metadata.name ?? "";

/** Several routers see activity, and each writes the last that it saw. */
function withoutOldActivity(patch: SessionPatch, resource: SessionResource): SessionPatch {
  const { lastActivity, ...rest } = patch;
  const isNewer = lastActivity !== undefined && lastActivity > (recordOf(resource)?.lastActivity ?? 0);
  return isNewer ? patch : rest;
}

/** Whether a failure that was counted on one state of a session may be counted on another: same wish, same count. */
const isAsCounted = (one: SessionResource, other: SessionResource): boolean =>
  one.metadata.uid === other.metadata.uid &&
  one.metadata.generation === other.metadata.generation &&
  one.status?.failedStarts === other.status?.failedStarts &&
  isDeepStrictEqual(one.status?.failure, other.status?.failure);
