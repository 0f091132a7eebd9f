import type { UnderlyingSource } from "node:stream/web";

export interface SseEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id?: string;
}

export interface SseOptions {
  /** Ends the stream with a reconnect hint: the server is going down. */
  readonly signal: AbortSignal;
  /** The last event for a reader that has taken nothing for `stallMs` though there was something. */
  readonly overflow: SseEvent;
  readonly heartbeatMs?: number;
  readonly stallMs?: number;
  /** The reader was cut off; what it has not taken yet is still with the connection. */
  readonly onCutOff?: () => void;
}

const RETRY_MS = 1_000;
const RETRY = `retry: ${RETRY_MS}\n\n`;
const HEARTBEAT_MS = 15_000;
/** A slow line takes something all the time; this one takes nothing. */
const STALL_MS = 30_000;

/** One event in the wire format of the HTML standard, 9.2. */
export const formatSse = ({ event, data, id }: SseEvent): string =>
  `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/**
 * An event stream as a Response: a comment on each heartbeat, `retry:` when the server goes down. Events are asked for
 * only as fast as the client reads, so that a slow one holds nothing but its connection; one that stops reading is cut
 * off. The signal that `source` gets fires when the stream ends, for whatever reason.
 */
export function sseResponse(source: (ended: AbortSignal) => AsyncGenerator<SseEvent>, options: SseOptions): Response {
  return new Response(new ReadableStream(new EventBody(source, options)), {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    },
  });
}

type Controller = ReadableStreamDefaultController<Uint8Array>;

class EventBody implements UnderlyingSource<Uint8Array> {
  readonly #options: SseOptions;
  readonly #encoder = new TextEncoder();
  readonly #ended = new AbortController();
  readonly #end = () => this.#ended.abort();
  readonly #events: AsyncGenerator<SseEvent>;
  #next: Promise<IteratorResult<SseEvent>> | undefined;
  #stalled: NodeJS.Timeout | undefined;

  constructor(source: (ended: AbortSignal) => AsyncGenerator<SseEvent>, options: SseOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", this.#end);
    if (options.signal.aborted) this.#end();
    this.#events = source(this.#ended.signal);
  }

  start(controller: Controller): void {
    this.#write(controller, RETRY);
  }

  async pull(controller: Controller): Promise<void> {
    clearTimeout(this.#stalled);
    this.#next ??= this.#events.next();
    const result = await this.#firstOf(this.#next).catch((cause: unknown) => {
      this.cancel();
      throw cause;
    });
    if (result === "heartbeat") return this.#write(controller, ": keep-alive\n\n");
    if (result !== "ended" && !result.done) {
      this.#next = undefined;
      return this.#write(controller, formatSse(result.value));
    }
    const hasLeft = this.#ended.signal.aborted && !this.#options.signal.aborted;
    this.cancel();
    if (hasLeft) return;
    if (this.#options.signal.aborted) controller.enqueue(this.#encoder.encode(RETRY));
    controller.close();
  }

  /** The client has left, or there is nothing more to tell. */
  cancel(): void {
    clearTimeout(this.#stalled);
    this.#options.signal.removeEventListener("abort", this.#end);
    this.#end();
    void this.#events.return(undefined).catch(() => {}); // the source has failed: `pull` told it
  }

  #write(controller: Controller, text: string): void {
    controller.enqueue(this.#encoder.encode(text));
    this.#stalled = setTimeout(() => this.#cutOff(controller), this.#options.stallMs ?? STALL_MS);
  }

  /** `pull` is called as soon as the reader has taken what was written last: it has taken nothing for too long. */
  #cutOff(controller: Controller): void {
    this.cancel();
    controller.enqueue(this.#encoder.encode(formatSse(this.#options.overflow)));
    controller.close();
    this.#options.onCutOff?.();
  }

  #firstOf<T>(next: Promise<T>): Promise<T | "heartbeat" | "ended"> {
    const ended = this.#ended.signal;
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        ended.removeEventListener("abort", onEnded);
        settle();
      };
      const onEnded = () => finish(() => resolve("ended"));
      const timer = setTimeout(() => finish(() => resolve("heartbeat")), this.#options.heartbeatMs ?? HEARTBEAT_MS);
      if (ended.aborted) return onEnded();
      ended.addEventListener("abort", onEnded);
      next.then(
        (value) => finish(() => resolve(value)),
        (cause: unknown) => finish(() => reject(cause)),
      );
    });
  }
}
