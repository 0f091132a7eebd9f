import { newEpoch } from "../lib/event-id.ts";

/** An event and its number, from 1 on. */
export interface Numbered<E> {
  readonly n: number;
  readonly event: E;
}

/** What a stream is read from: numbered events, of which the oldest may be gone. */
export interface EventLog<E> {
  readonly epoch: string;
  /** Number of the last event; 0 before the first. */
  readonly last: number;
  /** Whether everything after this number is still there. */
  reaches(n: number): boolean;
  /** The first event after this number. */
  next(n: number): Numbered<E> | undefined;
}

/** The last `limit` events of something. */
export class RecentEvents<E> implements EventLog<E> {
  readonly epoch = newEpoch();
  readonly #limit: number;
  #events: Numbered<E>[] = [];
  #last = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get last(): number {
    return this.#last;
  }

  get events(): readonly Numbered<E>[] {
    return this.#events;
  }

  add(event: E): void {
    this.#last += 1;
    this.#events = [...this.#events, { n: this.#last, event }].slice(-this.#limit);
  }

  reaches(n: number): boolean {
    return n <= this.#last && n >= this.#last - this.#events.length;
  }

  next(n: number): Numbered<E> | undefined {
    return this.#events.find((one) => one.n > n);
  }
}
