import { isDeepStrictEqual } from "node:util";
import type { Email } from "../contracts/email.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import { FanOut } from "../lib/fan-out.ts";
import { KeyedQueue } from "../lib/keyed-queue.ts";
import type { SessionPatch, SessionRecord, SessionRepository } from "./store.ts";

/** All stored sessions in memory, so that a request never waits for the database; writes go through to it first. */
export class SessionRegistry {
  readonly #repository: SessionRepository;
  readonly #records = new Map<SessionHash, SessionRecord>();
  readonly #writes = new KeyedQueue();
  /** A record is new, different or gone. */
  readonly changes = new FanOut<SessionHash>();

  private constructor(repository: SessionRepository) {
    this.#repository = repository;
  }

  static async load(repository: SessionRepository): Promise<SessionRegistry> {
    const registry = new SessionRegistry(repository);
    for (const record of await repository.all()) registry.#records.set(record.hash, record);
    return registry;
  }

  get(hash: SessionHash): SessionRecord | undefined {
    return this.#records.get(hash);
  }

  all(): SessionRecord[] {
    return [...this.#records.values()];
  }

  /** One person's sessions, newest first. */
  ofOwner(owner: Email): SessionRecord[] {
    return this.all()
      .filter((record) => record.owner === owner)
      .toSorted((a, b) => b.createdAt - a.createdAt || a.hash.localeCompare(b.hash));
  }

  /** @returns false when there is a session of this hash already. */
  insert(record: SessionRecord): Promise<boolean> {
    return this.#writes.run(record.hash, async () => {
      const isNew = await this.#repository.insert(record);
      if (isNew) this.#replace(record.hash, record);
      else await this.#reread(record.hash);
      return isNew;
    });
  }

  update(hash: SessionHash, patch: SessionPatch): Promise<SessionRecord | undefined> {
    return this.#writes.run(hash, async () => {
      const updated = await this.#repository.update(hash, patch);
      this.#replace(hash, updated);
      return updated;
    });
  }

  remove(hash: SessionHash): Promise<void> {
    return this.#writes.run(hash, async () => {
      await this.#repository.remove(hash);
      this.#replace(hash, undefined);
    });
  }

  /** Another router may have written this session. */
  refresh(hash: SessionHash): Promise<void> {
    return this.#writes.run(hash, () => this.#reread(hash));
  }

  /** Another router may have written any session. */
  async refreshAll(): Promise<void> {
    const stored = new Map((await this.#repository.all()).map((record) => [record.hash, record]));
    const hashes = new Set([...this.#records.keys(), ...stored.keys()]);
    // What differs is read once more in its turn: a write of our own may have come between.
    for (const hash of hashes)
      if (!isDeepStrictEqual(this.#records.get(hash), stored.get(hash))) await this.refresh(hash);
  }

  async #reread(hash: SessionHash): Promise<void> {
    const stored = await this.#repository.get(hash);
    if (!isDeepStrictEqual(this.#records.get(hash), stored)) this.#replace(hash, stored);
  }

  #replace(hash: SessionHash, record: SessionRecord | undefined): void {
    if (record) this.#records.set(hash, record);
    else this.#records.delete(hash);
    this.changes.publish(hash);
  }
}
