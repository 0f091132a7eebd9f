import type { Clock } from "../../lib/clock.ts";

const WINDOW_MS = 60_000;
const MAX_FAILURES = 10;
const MAX_KEYS = 10_000;

/** Counts wrong passwords per key: ten in a minute close the door for the rest of that minute. */
export class FailureLimit {
  readonly #clock: Clock;
  readonly #failures = new Map<string, { since: number; count: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns seconds until the next try is allowed, or 0. */
  retryAfterSeconds(key: string): number {
    const entry = this.#failures.get(key);
    if (!entry || entry.count < MAX_FAILURES) return 0;
    return Math.max(0, Math.ceil((entry.since + WINDOW_MS - this.#clock.now()) / 1000));
  }

  failed(key: string): void {
    const now = this.#clock.now();
    const entry = this.#failures.get(key);
    if (entry && now - entry.since < WINDOW_MS) {
      entry.count += 1;
      return;
    }
    // Oldest first: a flood of made-up keys cannot grow the table.
    if (this.#failures.size >= MAX_KEYS) this.#failures.delete(this.#failures.keys().next().value ?? "");
    this.#failures.delete(key);
    this.#failures.set(key, { since: now, count: 1 });
  }
}
