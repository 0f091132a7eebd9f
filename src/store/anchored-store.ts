import type { SessionHash } from "../contracts/session-hash.ts";
import type { Clock } from "../lib/clock.ts";
import { FanOut } from "../lib/fan-out.ts";
import { KeyedQueue } from "../lib/keyed-queue.ts";
import type { Log } from "../lib/log.ts";
import { Refresher } from "../lib/refresher.ts";
import type { SessionRecord, SessionRepository, Store, StoreChange } from "../sessions/store.ts";
import type { SqlAnchorRepository } from "./anchor-repository.ts";
import type { RouterStore, SqlStore } from "./open-store.ts";

/** Sessions that are kept outside of the database, and known without asking anybody. */
export interface WatchedSessions extends SessionRepository {
  /** What is known of a session at this moment. */
  peek(hash: SessionHash): SessionRecord | undefined;
}

export interface AnchoredStoreParts {
  readonly sql: SqlStore;
  /** All that there are must be known by now: what belongs to any other is removed. */
  readonly sessions: WatchedSessions;
  /** Hash of a session that is new, different or gone, whoever wrote it. */
  readonly changes: { subscribe(listener: (hash: string) => void): Disposable };
  readonly clock: Clock;
  readonly log: Log;
}

/** A store whose sessions are kept elsewhere, and everything else in the database; what belongs to a session goes with it. */
export async function anchoredStore({ sql, sessions, changes, clock, log }: AnchoredStoreParts): Promise<RouterStore> {
  const anchors = await Anchors.open(sql.anchors, sessions);
  const told = new FanOut<StoreChange>();
  const closing = new AbortController();
  const looks = new Refresher({
    job: (hash) => anchors.look(hash as SessionHash),
    clock,
    signal: closing.signal,
    log,
  });
  const subscriptions = [
    anchors.removals.subscribe((key) => {
      told.publish({ table: "port_shares", key });
      told.publish({ table: "messages", key });
    }),
    changes.subscribe((hash) => {
      looks.ask(hash);
      told.publish({ table: "sessions", key: hash });
    }),
    sql.changes.subscribe((change) => {
      if (change.table !== "sessions") told.publish(change);
    }),
  ];
  const close = async () => {
    closing.abort();
    for (const subscription of subscriptions) subscription[Symbol.dispose]();
    await looks.idle();
    await anchors.idle();
    await sql.close();
  };
  let closed: Promise<void> | undefined;
  return {
    ...sql,
    ...repositories({ sql, sessions, anchors }),
    changes: told,
    close: () => (closed ??= close()),
  };
}

function repositories({
  sql,
  sessions,
  anchors,
}: Pick<AnchoredStoreParts, "sql" | "sessions"> & { readonly anchors: Anchors }): Pick<
  Store,
  "sessions" | "messages" | "shares"
> {
  return {
    sessions: {
      all: () => sessions.all(),
      get: (hash) => sessions.get(hash),
      insert: (record) => sessions.insert(record),
      update: (hash, patch) => sessions.update(hash, patch),
      claim: (home) => sessions.claim(home),
      remove: async (hash) => {
        await sessions.remove(hash);
        await anchors.look(hash);
      },
    },
    messages: {
      list: (hash) => anchors.read(hash, () => sql.messages.list(hash)),
      replace: (hash, messages) => anchors.write(hash, () => sql.messages.replace(hash, messages)),
    },
    shares: {
      all: () => sql.shares.all(),
      of: (hash) => anchors.read(hash, () => sql.shares.of(hash)),
      put: (record) => anchors.write(record.hash, () => sql.shares.put(record)),
      remove: (hash, port) => sql.shares.remove(hash, port),
    },
  };
}

/** Ties what the database has of a session to that session, and to no other one that is made with its hash. */
class Anchors {
  /** What was read of a session's belongings is nobody's any more, and not those of the next session of its hash. */
  readonly removals = new FanOut<SessionHash>();
  readonly #repository: SqlAnchorRepository;
  readonly #sessions: Pick<WatchedSessions, "peek">;
  readonly #queue = new KeyedQueue();
  /** When each session was made of which rows may be there. */
  readonly #known = new Map<SessionHash, number>();
  /** The same, of those whose anchor is there for certain. */
  readonly #held = new Map<SessionHash, number>();

  private constructor(repository: SqlAnchorRepository, sessions: Pick<WatchedSessions, "peek">) {
    this.#repository = repository;
    this.#sessions = sessions;
  }

  static async open(repository: SqlAnchorRepository, sessions: WatchedSessions): Promise<Anchors> {
    const anchors = new Anchors(repository, sessions);
    for (const anchor of await repository.all())
      if (sessions.peek(anchor.hash)?.createdAt !== anchor.createdAt) await repository.remove(anchor);
    for (const { hash, createdAt } of await sessions.all()) anchors.#known.set(hash, createdAt);
    return anchors;
  }

  /** Removes what belongs to a session that is gone. */
  look(hash: SessionHash): Promise<void> {
    return this.#queue.run(hash, () => this.#look(hash));
  }

  /** @returns nothing for a session that is gone */
  read<T>(hash: SessionHash, job: () => Promise<T[]>): Promise<T[]> {
    return this.#queue.run(hash, async () => {
      await this.#look(hash);
      return this.#sessions.peek(hash) ? job() : [];
    });
  }

  /** Does nothing for a session that is gone. */
  write(hash: SessionHash, job: () => Promise<void>): Promise<void> {
    return this.#queue.run(hash, async () => {
      await this.#look(hash);
      const record = this.#sessions.peek(hash);
      if (!record) return;
      if (this.#held.get(hash) !== record.createdAt) await this.#repository.put(record);
      this.#known.set(hash, record.createdAt);
      this.#held.set(hash, record.createdAt);
      await job();
    });
  }

  idle(): Promise<void> {
    return this.#queue.idle();
  }

  async #look(hash: SessionHash): Promise<void> {
    const before = this.#known.get(hash);
    const now = this.#sessions.peek(hash)?.createdAt;
    if (before === now) return;
    if (before !== undefined) await this.#repository.remove({ hash, createdAt: before });
    this.#held.delete(hash);
    if (now === undefined) this.#known.delete(hash);
    else this.#known.set(hash, now);
    if (before !== undefined) this.removals.publish(hash);
  }
}
