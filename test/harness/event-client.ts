import type { IncomingMessage } from "node:http";
import { createParser } from "eventsource-parser";
import { text } from "node:stream/consumers";
import { call, eventually, open } from "./http.ts";
import type { TestRouter } from "./router.ts";

export interface SeenEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: unknown;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface EventSourceOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly lastEventId?: string | undefined;
  /** Hangs up after this many events, before anything else is read. */
  readonly cutAfter?: number;
}

/** An open event stream, and what it told so far. */
export class EventClient implements Disposable {
  readonly events: SeenEvent[] = [];
  readonly #res: IncomingMessage;
  comments = 0;
  /** Resolves when the stream has ended, or this client has hung up. */
  readonly ended: Promise<void>;

  constructor(res: IncomingMessage, cutAfter = Infinity) {
    this.#res = res;
    const parser = createParser({
      onEvent: ({ id, event = "message", data }) => {
        if (this.events.length >= cutAfter) return;
        this.events.push({ id, event, data: JSON.parse(data) as unknown, at: Date.now() });
        if (this.events.length >= cutAfter) res.destroy();
      },
      onComment: () => {
        this.comments += 1;
      },
    });
    res.setEncoding("utf8").on("data", (chunk: string) => parser.feed(chunk));
    // A stream that breaks off has ended, too.
    res.on("error", () => {});
    this.ended = new Promise((resolve) => res.once("close", resolve));
  }

  get lastEventId(): string | undefined {
    return this.events.at(-1)?.id;
  }

  named(name: string): SeenEvent[] {
    return this.events.filter(({ event }) => event === name);
  }

  /** Waits for an event, also one that was told already. */
  async sees(is: (event: SeenEvent) => boolean, limitMs?: number): Promise<SeenEvent> {
    const found = await eventually(
      () => Promise.resolve(this.events.find(is) ?? this.events.map(({ event, data }) => ({ event, data })).slice(-3)),
      (seen) => !Array.isArray(seen),
      limitMs,
    );
    return found as SeenEvent;
  }

  [Symbol.dispose](): void {
    this.#res.destroy();
  }
}

/** Follows an event stream as a browser does. */
export async function followEvents(
  port: number,
  path: string,
  { headers = {}, lastEventId, cutAfter }: EventSourceOptions,
): Promise<EventClient> {
  const last = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
  const res = await open(port, path, { headers: { accept: "text/event-stream", ...headers, ...last } });
  if (res.statusCode !== 200) throw new Error(`${path} answered ${res.statusCode}: ${await text(res)}`);
  return new EventClient(res, cutAfter);
}

/** The router's own count of those who wait for changes. */
export async function listeners(router: TestRouter): Promise<number> {
  const { text } = await call(router.ports.internal, "/metrics");
  return Number(/^opencode_router_listeners (\d+)$/m.exec(text)?.[1]);
}
