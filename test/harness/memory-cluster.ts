import { ApiError, type ApiErrorKind } from "../../src/runtimes/kubernetes/api-error.ts";
import { KINDS, type ClusterClient, type Kind, type Patch } from "../../src/runtimes/kubernetes/cluster-client.ts";
import { ObjectCache } from "../../src/runtimes/kubernetes/object-cache.ts";
import type { SessionResource } from "../../src/runtimes/kubernetes/objects.ts";
import { mergePatch } from "./merge-patch.ts";

type Client = Pick<ClusterClient, "get" | "create" | "patch" | "delete">;

/** Session resources in memory, by the rules of an API server that matter here; every answer comes late. */
export class MemoryCluster {
  /** `patch sessions/0123456789ab/status` and the like, as they came. */
  readonly calls: string[] = [];
  /** What the next calls that write are refused with. */
  readonly refusals: ApiErrorKind[] = [];
  /** Resources that are being deleted stay: something that they own does not go. */
  holdsDeleted = false;
  /** The watches of all routers tell nothing. */
  silent = false;
  readonly #objects = new Map<string, SessionResource>();
  readonly #caches: ObjectCache<SessionResource>[] = [];
  #version = 0;

  /** What a router has: calls, and a cache that knows everything. */
  router(): { client: Client; sessions: ObjectCache<SessionResource> } {
    const sessions = new ObjectCache<SessionResource>();
    sessions.replaceAll([...this.#objects.values()], `${this.#version}`);
    this.#caches.push(sessions);
    const client: Client = {
      get: async <T>(kind: Kind, name: string) => {
        await this.#called("get", kind, name);
        return this.#objects.get(name) as T | undefined;
      },
      create: async <T>(kind: Kind, body: T) => {
        const resource = body as SessionResource;
        await this.#called("create", kind, resource.metadata.name ?? "");
        return this.create(resource) as T;
      },
      patch: async <T>(kind: Kind, name: string, patch: Patch) => {
        await this.#called("patch", kind, patch.subresource ? `${name}/${patch.subresource}` : name);
        return this.#patch(name, patch) as T;
      },
      delete: async (kind, name, { uid } = {}) => {
        await this.#called("delete", kind, name);
        return this.delete(name, uid);
      },
    };
    return { client, sessions };
  }

  get(name: string): SessionResource | undefined {
    return this.#objects.get(name);
  }

  /** As `kubectl` and other routers do; so do the next two. */
  create({ apiVersion, kind, metadata, spec }: SessionResource): SessionResource {
    const { name = "" } = metadata;
    if (this.#objects.has(name)) throw refusal("alreadyExists");
    const uid = `uid-${this.#version + 1}`;
    const stamps = { uid, generation: 1, creationTimestamp: new Date(1_790_000_000_000) };
    // A create stores no status.
    return this.#store("ADDED", { apiVersion, kind, metadata: { ...metadata, ...stamps }, spec });
  }

  change(name: string, part: Partial<Pick<SessionResource, "spec" | "status">>): void {
    const stored = this.#found(name);
    const next = mergePatch(stored, part) as SessionResource;
    const generation = (stored.metadata.generation ?? 0) + (part.spec ? 1 : 0);
    this.#store("MODIFIED", { ...next, metadata: { ...next.metadata, generation } });
  }

  delete(name: string, uid?: string): "deleted" | "absent" {
    const stored = this.#objects.get(name);
    if (!stored) return "absent";
    if (uid !== undefined && uid !== stored.metadata.uid) throw refusal("conflict");
    const { metadata } = stored;
    const generation = (metadata.generation ?? 0) + 1;
    this.#store("MODIFIED", { ...stored, metadata: { ...metadata, generation, deletionTimestamp: new Date() } });
    if (!this.holdsDeleted) setImmediate(() => this.collect());
    return "deleted";
  }

  /** Resources that are being deleted are gone. */
  collect(): void {
    for (const [name, resource] of this.#objects) {
      if (resource.metadata.deletionTimestamp === undefined) continue;
      this.#objects.delete(name);
      this.#tell("DELETED", this.#versioned(resource));
    }
  }

  #patch(name: string, { body, subresource }: Patch): SessionResource {
    const stored = this.#found(name);
    const { metadata = {}, ...parts } = body as Partial<SessionResource>;
    const { uid, resourceVersion } = metadata;
    if (resourceVersion !== undefined && resourceVersion !== stored.metadata.resourceVersion) throw refusal("conflict");
    if (!subresource && uid !== undefined && uid !== stored.metadata.uid) throw refusal("invalid");
    this.change(name, subresource ? { status: parts.status ?? {} } : parts.spec ? { spec: parts.spec } : {});
    return this.#found(name);
  }

  #found(name: string): SessionResource {
    const stored = this.#objects.get(name);
    if (!stored) throw refusal("notFound");
    return stored;
  }

  #store(type: "ADDED" | "MODIFIED", resource: SessionResource): SessionResource {
    const versioned = this.#versioned(resource);
    this.#objects.set(versioned.metadata.name ?? "", versioned);
    this.#tell(type, versioned);
    return versioned;
  }

  #versioned(resource: SessionResource): SessionResource {
    return { ...resource, metadata: { ...resource.metadata, resourceVersion: `${++this.#version}` } };
  }

  #tell(type: "ADDED" | "MODIFIED" | "DELETED", resource: SessionResource): void {
    if (!this.silent) setImmediate(() => this.#caches.forEach((cache) => cache.hear(type, resource)));
  }

  async #called(verb: string, kind: Kind, name: string): Promise<void> {
    if (kind !== KINDS.sessions) throw new Error(`${kind.plural} are not in this cluster`);
    this.calls.push(`${verb} sessions/${name}`);
    await new Promise(setImmediate);
    const refused = verb === "get" ? undefined : this.refusals.shift();
    if (refused) throw refusal(refused);
  }
}

const refusal = (kind: ApiErrorKind): ApiError => new ApiError(`the test says ${kind}`, { kind, call: "test" });
