/** Tells one async reader to look again. However often it rings before the reader comes, it is once: nothing piles up. */
export class Bell {
  readonly #signal: AbortSignal;
  #hasRung = false;
  #wake: () => void = () => {};

  /** @param signal the reader is gone */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#wake(), { once: true });
  }

  ring(): void {
    this.#hasRung = true;
    this.#wake();
  }

  /** Waits until it has rung since the last time. @returns false when the signal has fired */
  async rung(): Promise<boolean> {
    while (!this.#hasRung && !this.#signal.aborted)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    this.#hasRung = false;
    return !this.#signal.aborted;
  }
}
