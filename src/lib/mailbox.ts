/**
 * Hands values from callbacks to one async reader. Bounded: what does not fit is dropped when the values only say
 * "look again" (`coalesce`), and otherwise ends the reading, because a gap would go unnoticed.
 */
export class Mailbox<T> {
  readonly #limit: number;
  readonly #whenFull: "end" | "coalesce";
  #values: T[] = [];
  #overflowed = false;
  #closed = false;
  #notify: () => void = () => {};

  constructor(limit: number, { whenFull, signal }: { whenFull: "end" | "coalesce"; signal: AbortSignal }) {
    this.#limit = limit;
    this.#whenFull = whenFull;
    signal.addEventListener("abort", () => this.close(), { once: true });
    this.#closed = signal.aborted;
  }

  put(value: T): void {
    if (this.#values.length < this.#limit) this.#values.push(value);
    else if (this.#whenFull === "end") this.#overflowed = true;
    this.#notify();
  }

  /** The reader is gone: `take` resolves with nothing. */
  close(): void {
    this.#closed = true;
    this.#notify();
  }

  /** Waits until there is something, then gives all of it. Undefined: closed, or the reader was too slow. */
  async take(): Promise<T[] | undefined> {
    while (this.#values.length === 0 && !this.#closed && !this.#overflowed)
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    if (this.#closed || this.#overflowed) return undefined;
    const values = this.#values;
    this.#values = [];
    return values;
  }
}
