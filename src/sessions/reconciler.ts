import type { SessionHash } from "../contracts/session-hash.ts";
import { backoffMs } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { KeyedQueue } from "../lib/keyed-queue.ts";
import type { Log } from "../lib/log.ts";
import type { Runtime, SessionSpec } from "../runtimes/runtime.ts";
import { decide, type Action } from "./decide.ts";
import type { SessionRegistry } from "./registry.ts";
import type { SessionRecord } from "./store.ts";

const RETRY = { firstMs: 1_000, maxMs: 60_000 };

export interface ReconcilerParts {
  readonly registry: SessionRegistry;
  readonly runtime: Runtime;
  readonly specOf: (record: SessionRecord) => SessionSpec;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxStarts: number;
}

/** Moves each session towards what is desired of it: one step at a time per session, sessions side by side. */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #queue = new KeyedQueue();
  readonly #closing = new AbortController();
  /** Sessions that wait for one of the places to start. */
  readonly #waiting = new Set<SessionHash>();
  /** Steps that threw in a row, per session. */
  readonly #errors = new Map<SessionHash, number>();
  readonly #notBefore = new Map<SessionHash, number>();

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  /** Something about the session may have changed: look again. */
  wake(hash: SessionHash): void {
    if (this.#closing.signal.aborted) return;
    void this.#queue.run(hash, () => this.#settle(hash));
    this.#wakeWaiting();
  }

  /** No step begins after this; resolves when the running ones have ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#queue.idle();
  }

  /** How many sessions are starting now. */
  starting(): number {
    const { registry, runtime } = this.#parts;
    return registry.all().filter(({ hash }) => runtime.observe(hash).phase === "starting").length;
  }

  #wakeWaiting(): void {
    for (const hash of this.#waiting) {
      this.#waiting.delete(hash);
      void this.#queue.run(hash, () => this.#settle(hash));
    }
  }

  async #settle(hash: SessionHash): Promise<void> {
    try {
      while (!this.#closing.signal.aborted) {
        const record = this.#parts.registry.get(hash);
        if (!record) return;
        const action = decide(record, this.#parts.runtime.observe(hash));
        if (action.do === "none" || !(await this.#perform(record, action))) break;
      }
      this.#errors.delete(hash);
    } catch (cause) {
      const attempt = (this.#errors.get(hash) ?? 0) + 1;
      this.#errors.set(hash, attempt);
      this.#parts.log.error({ hash, attempt, err: cause }, "session.step-failed");
      this.#wakeAfter(hash, backoffMs(RETRY, attempt));
    }
  }

  /** @returns false when nothing more can be done until something changes. */
  async #perform(record: SessionRecord, action: Exclude<Action, { do: "none" }>): Promise<boolean> {
    const { registry, runtime, log } = this.#parts;
    const { hash } = record;
    log.debug({ hash, action: action.do }, "session.step");
    switch (action.do) {
      case "start":
        return this.#start(record);
      case "stop":
        await runtime.stop(hash);
        return true;
      case "remove":
        await runtime.remove(hash);
        await registry.remove(hash);
        log.info({ hash }, "session.removed");
        return false;
      case "forget-failures":
        await registry.update(hash, { failedStarts: 0 });
        return true;
      case "record-failure": {
        const failedStarts = record.failedStarts + 1;
        log.warn({ hash, reason: action.failure.reason, failedStarts, again: action.again }, "session.start-failed");
        await registry.update(hash, { failedStarts, failure: action.again ? null : action.failure });
        await runtime.stop(hash);
        if (action.again) this.#delayStart(hash, backoffMs(RETRY, failedStarts));
        return true;
      }
    }
  }

  #start(record: SessionRecord): boolean {
    const { runtime, specOf, clock, maxStarts, log } = this.#parts;
    // A person who resumes begins anew, and does not wait for what failed before.
    if (record.failedStarts > 0 && clock.now() < (this.#notBefore.get(record.hash) ?? 0)) return false;
    if (this.starting() >= maxStarts) {
      this.#waiting.add(record.hash);
      return false;
    }
    this.#notBefore.delete(record.hash);
    log.info({ hash: record.hash }, "session.start");
    runtime.start(specOf(record));
    return false;
  }

  #delayStart(hash: SessionHash, ms: number): void {
    this.#notBefore.set(hash, this.#parts.clock.now() + ms);
    this.#wakeAfter(hash, ms);
  }

  #wakeAfter(hash: SessionHash, ms: number): void {
    this.#parts.clock.sleep(ms, this.#closing.signal).then(
      () => this.wake(hash),
      () => {}, // closing: nobody starts anything any more
    );
  }
}
