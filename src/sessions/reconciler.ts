import { setMaxListeners } from "node:events";
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
  readonly specOf: (record: SessionRecord) => Promise<SessionSpec>;
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
  /** Sessions that have such a place, and of which the runtime does not know yet. */
  readonly #beginning = new Set<SessionHash>();
  /** Every session that may be starting: counted again and again, where there are too many sessions to look at each. */
  readonly #perhapsStarting = new Set<SessionHash>();
  /** The step of each session that threw last: how often in a row, and when it is tried again. */
  readonly #threw = new Map<SessionHash, { step: Action["do"]; attempt: number; until: number }>();
  readonly #notBefore = new Map<SessionHash, number>();

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    // One listener per session that is looked at again later.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Something about the session may have changed: look again. */
  wake(hash: SessionHash): void {
    if (this.#closing.signal.aborted) return;
    if (this.#isStarting(hash)) this.#perhapsStarting.add(hash);
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
    for (const hash of this.#perhapsStarting) if (!this.#isStarting(hash)) this.#perhapsStarting.delete(hash);
    return this.#perhapsStarting.size;
  }

  #isStarting(hash: SessionHash): boolean {
    const { registry, runtime } = this.#parts;
    if (!registry.get(hash)) return false;
    return this.#beginning.has(hash) || runtime.observe(hash).phase === "starting";
  }

  /** Not more than there are places: all the others would only look and wait again. */
  #wakeWaiting(): void {
    if (this.#waiting.size === 0) return;
    let places = this.#parts.maxStarts - this.starting();
    for (const hash of this.#waiting) {
      if (places-- <= 0) return;
      this.#waiting.delete(hash);
      void this.#queue.run(hash, async () => {
        await this.#settle(hash);
        // It may not have needed the place any more.
        this.#wakeWaiting();
      });
    }
  }

  async #settle(hash: SessionHash): Promise<void> {
    const { registry, runtime, clock, log } = this.#parts;
    let step: Action["do"] = "none";
    try {
      while (!this.#closing.signal.aborted) {
        const record = registry.get(hash);
        if (!record) break;
        const action = decide(record, runtime.observe(hash));
        step = action.do;
        // What a step that fails changes on its way must not repeat it at once, for ever.
        const threw = this.#threw.get(hash);
        if (threw?.step === step && this.#isTooEarly(hash, threw.until)) return;
        if (action.do === "none" || !(await this.#perform(record, action))) break;
      }
      this.#threw.delete(hash);
    } catch (cause) {
      const attempt = (this.#threw.get(hash)?.attempt ?? 0) + 1;
      const pauseMs = backoffMs(RETRY, attempt);
      this.#threw.set(hash, { step, attempt, until: clock.now() + pauseMs });
      log.error({ hash, attempt, err: cause }, "session.step-failed");
      this.#wakeAfter(hash, pauseMs);
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

  async #start(record: SessionRecord): Promise<boolean> {
    const { maxStarts } = this.#parts;
    // A person who resumes begins anew, and does not wait for what failed before.
    if (record.failedStarts > 0 && this.#isTooEarly(record.hash, this.#notBefore.get(record.hash) ?? 0)) return false;
    if (this.starting() >= maxStarts) {
      this.#waiting.add(record.hash);
      return false;
    }
    this.#notBefore.delete(record.hash);
    this.#beginning.add(record.hash);
    this.#perhapsStarting.add(record.hash);
    try {
      return !(await this.#begin(record));
    } finally {
      this.#beginning.delete(record.hash);
      this.#wakeWaiting();
    }
  }

  /** @returns false when something else is wanted by the time that everything is at hand. */
  async #begin(record: SessionRecord): Promise<boolean> {
    const { registry, runtime, specOf, log } = this.#parts;
    const spec = await specOf(record);
    if (registry.get(record.hash) !== record) return false;
    log.info({ hash: record.hash }, "session.start");
    runtime.start(spec);
    return true;
  }

  /** A timer may fire a moment before the clock says so: looking again must be asked for anew, or nobody ever would. */
  #isTooEarly(hash: SessionHash, notBefore: number): boolean {
    const leftMs = notBefore - this.#parts.clock.now();
    if (leftMs > 0) this.#wakeAfter(hash, leftMs);
    return leftMs > 0;
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
