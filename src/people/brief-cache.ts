export interface BriefCacheOptions<T> {
  readonly keepMs: number;
  /** How large all values may be together, in the unit of `sizeOf`. */
  readonly maxSize: number;
  readonly sizeOf: (value: T) => number;
  readonly now: () => number;
}

interface Entry<T> {
  readonly value: Promise<T>;
  until: number;
  size: number;
}

/** Answers that are good for a moment. Those who ask for the same at once share one answer; failures are not kept. */
export class BriefCache<T> {
  readonly #options: BriefCacheOptions<T>;
  /** Oldest first. */
  readonly #entries = new Map<string, Entry<T>>();
  #size = 0;

  constructor(options: BriefCacheOptions<T>) {
    this.#options = options;
  }

  get(key: string, load: () => Promise<T>): Promise<T> {
    const { now, keepMs, sizeOf } = this.#options;
    const known = this.#entries.get(key);
    if (known && known.until > now()) return known.value;
    this.#drop(key);
    const entry: Entry<T> = { value: load(), until: Infinity, size: 0 };
    this.#entries.set(key, entry);
    void entry.value.then(
      (value) => {
        entry.until = now() + keepMs;
        entry.size = sizeOf(value);
        this.#size += entry.size;
        this.#makeRoom();
      },
      () => this.#drop(key),
    );
    return entry.value;
  }

  #makeRoom(): void {
    for (const [key, { until }] of this.#entries) {
      if (until <= this.#options.now() || (this.#size > this.#options.maxSize && until < Infinity)) this.#drop(key);
    }
  }

  #drop(key: string): void {
    this.#size -= this.#entries.get(key)?.size ?? 0;
    this.#entries.delete(key);
  }
}
