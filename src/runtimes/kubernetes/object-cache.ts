import type { V1ObjectMeta } from "@kubernetes/client-node";
import { FanOut } from "../../lib/fan-out.ts";

/** What all objects of a cluster have; those of a list come without `apiVersion` and `kind`. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: V1ObjectMeta;
}

/**
 * The objects of one kind, by name, as a reflector hears of them and as our own writes are answered. No object goes back in
 * time, whatever comes last: versions are one count for the whole cluster.
 */
export class ObjectCache<T extends KubeObject> {
  /** Name of what is new, different or gone. */
  readonly changes = new FanOut<string>();
  #objects = new Map<string, T>();
  /** Up to this version the server has told everything. */
  #heard = 0n;

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  all(): T[] {
    return [...this.#objects.values()];
  }

  /** What a write of ours answered. Ignored when older than what is there, or than the news that it is gone. */
  put(object: T): void {
    const isGone = !this.#objects.has(nameOf(object)) && versionOf(object) <= this.#heard;
    if (!isGone) this.#take(object);
  }

  /** The object with this uid is gone: a delete of ours was answered "absent". One that took its name since then stays. */
  forget(name: string, uid: string): void {
    if (this.#objects.get(name)?.metadata?.uid === uid) this.#set(name, undefined);
  }

  /** What a watch tells. */
  hear(type: "ADDED" | "MODIFIED" | "DELETED", object: T): void {
    const version = versionOf(object);
    if (version > this.#heard) this.#heard = version;
    if (type === "DELETED") this.forget(nameOf(object), object.metadata?.uid ?? "");
    else this.#take(object);
  }

  /** Everything that there was at a version. Our own writes since then stay. */
  replaceAll(objects: readonly T[], resourceVersion: string): void {
    const version = parseVersion(resourceVersion);
    // The count went back: the server's database was restored, and what is known belongs to another history.
    const known: ReadonlyMap<string, T> = version < this.#heard ? new Map() : this.#objects;
    const next = new Map([...known].filter(([, object]) => versionOf(object) > version));
    for (const object of objects) {
      const there = known.get(nameOf(object));
      next.set(nameOf(object), there && isAsNew(there, object) ? there : lean(object));
    }
    const before = this.#objects;
    this.#objects = next;
    this.#heard = version;
    for (const name of new Set([...before.keys(), ...next.keys()]))
      if (before.get(name) !== next.get(name)) this.changes.publish(name);
  }

  #take(object: T): void {
    const known = this.#objects.get(nameOf(object));
    if (!known || !isAsNew(known, object)) this.#set(nameOf(object), lean(object));
  }

  #set(name: string, object: T | undefined): void {
    if (object) this.#objects.set(name, object);
    else this.#objects.delete(name);
    this.changes.publish(name);
  }
}

const nameOf = (object: KubeObject): string => object.metadata?.name ?? "";

const versionOf = (object: KubeObject): bigint => parseVersion(object.metadata?.resourceVersion);

/** Longer than a number can hold; what is no count is older than everything. */
const parseVersion = (text: string | undefined): bigint => (text && /^\d+$/.test(text) ? BigInt(text) : 0n);

const isAsNew = (a: KubeObject, b: KubeObject): boolean => versionOf(a) >= versionOf(b);

/** Without the record of who set which field: half of an object's size, and nobody here reads it. */
function lean<T extends KubeObject>(object: T): T {
  if (!object.metadata?.managedFields) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
