import { setMaxListeners } from "node:events";
import { backoffMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

const RETRY = { firstMs: 200, maxMs: 10_000 };

export interface RefresherParts {
  /** Brings what belongs to a key up to date. Safe to repeat. */
  readonly job: (key: string) => Promise<void>;
  /** Least time between two runs for one key; 0 by default. */
  readonly pauseMs?: number;
  readonly clock: Clock;
  /** Nothing begins any more. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Runs a job per key, one at a time: what is asked for while it runs is one more run afterwards, however often it was asked.
 * A run that fails is tried again with back-off, so that nothing that was asked for is lost.
 */
export class Refresher {
  readonly #parts: RefresherParts;
  readonly #asked = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(parts: RefresherParts) {
    this.#parts = parts;
    // One listener per key that waits for its next run.
    setMaxListeners(0, parts.signal);
  }

  ask(key: string): void {
    if (this.#parts.signal.aborted) return;
    this.#asked.add(key);
    if (!this.#running.has(key)) this.#running.set(key, this.#run(key));
  }

  /** Settles when every run that has begun has ended. After the signal: soon. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async #run(key: string): Promise<void> {
    const { job, pauseMs = 0, clock, signal, log } = this.#parts;
    let failures = 0;
    while (this.#asked.delete(key) && !signal.aborted) {
      try {
        await job(key);
        failures = 0;
      } catch (cause) {
        failures += 1;
        this.#asked.add(key);
        log.warn({ key, failures, err: cause }, "refresh.failed");
      }
      const waitMs = failures > 0 ? backoffMs(RETRY, failures) : pauseMs;
      if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => {}); // aborted: the loop ends
    }
    this.#running.delete(key);
  }
}
