import type { SessionHash } from "../contracts/session-hash.ts";
import type { Clock } from "../lib/clock.ts";

const WRITE_EVERY_MS = 60_000;

/** When each session was last used: exact in memory, written at most once a minute. */
export class Activity {
  readonly #clock: Clock;
  readonly #write: (hash: SessionHash, at: number) => Promise<unknown>;
  readonly #last = new Map<SessionHash, number>();
  readonly #written = new Map<SessionHash, number>();

  constructor(clock: Clock, write: (hash: SessionHash, at: number) => Promise<unknown>) {
    this.#clock = clock;
    this.#write = write;
  }

  /** @returns milliseconds since the epoch, 0 when this router has seen no activity. */
  last(hash: SessionHash): number {
    return this.#last.get(hash) ?? 0;
  }

  /** Somebody who may use the session used it. */
  touch(hash: SessionHash): void {
    const now = this.#clock.now();
    this.#last.set(hash, now);
    if (now - (this.#written.get(hash) ?? 0) < WRITE_EVERY_MS) return;
    const before = this.#written.get(hash) ?? 0;
    this.#written.set(hash, now);
    // A write that failed is tried again with the next activity, not in a minute.
    this.#write(hash, now).catch(() => this.#written.set(hash, before));
  }

  forget(hash: SessionHash): void {
    this.#last.delete(hash);
    this.#written.delete(hash);
  }

  async flush(): Promise<void> {
    const late = [...this.#last].filter(([hash, at]) => at > (this.#written.get(hash) ?? 0));
    await Promise.allSettled(late.map(([hash, at]) => this.#write(hash, at)));
  }
}
