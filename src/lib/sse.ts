export interface SseEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id?: string;
}

export interface SseOptions {
  /** Ends the stream with a reconnect hint: the server is going down. */
  readonly signal: AbortSignal;
  readonly heartbeatMs?: number;
}

const RETRY_MS = 1_000;

/** One event in the wire format of the HTML standard, 9.2. */
export const formatSse = ({ event, data, id }: SseEvent): string =>
  `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/**
 * An event stream as a Response: a comment on each heartbeat, `retry:` when the server goes down. Events are asked for
 * only as fast as the client reads. The signal that `source` gets fires when the stream ends, for whatever reason.
 */
export function sseResponse(
  source: (ended: AbortSignal) => AsyncGenerator<SseEvent>,
  { signal, heartbeatMs = 15_000 }: SseOptions,
): Response {
  const encoder = new TextEncoder();
  const ended = new AbortController();
  const end = () => ended.abort();
  signal.addEventListener("abort", end);
  const events = source(ended.signal);
  let next: Promise<IteratorResult<SseEvent>> | undefined;
  const finish = () => {
    signal.removeEventListener("abort", end);
    end();
    void events.return(undefined);
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (signal.aborted) end();
      controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
    },
    async pull(controller) {
      next ??= events.next();
      const result = await firstOf(next, heartbeatMs, ended.signal);
      if (result === "heartbeat") return controller.enqueue(encoder.encode(": keep-alive\n\n"));
      if (result !== "ended" && !result.done) {
        next = undefined;
        return controller.enqueue(encoder.encode(formatSse(result.value)));
      }
      finish();
      if (signal.aborted) controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
      controller.close();
    },
    cancel: finish,
  });
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    },
  });
}

function firstOf<T>(next: Promise<T>, heartbeatMs: number, ended: AbortSignal): Promise<T | "heartbeat" | "ended"> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      ended.removeEventListener("abort", onEnded);
      settle();
    };
    const onEnded = () => finish(() => resolve("ended"));
    const timer = setTimeout(() => finish(() => resolve("heartbeat")), heartbeatMs);
    if (ended.aborted) return onEnded();
    ended.addEventListener("abort", onEnded);
    next.then(
      (value) => finish(() => resolve(value)),
      (cause: unknown) => finish(() => reject(cause)),
    );
  });
}
