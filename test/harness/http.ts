import { request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { createParser } from "eventsource-parser";
import { text } from "node:stream/consumers";

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json<T = Record<string, unknown>>(): T;
}

/** One request to a port of 127.0.0.1 under any Host: `*.localhost` does not resolve everywhere, and must not have to. */
export async function call(port: number, path: string, options: Call = {}): Promise<Answer> {
  const res = await open(port, path, options);
  const body = await text(res);
  return { status: res.statusCode ?? 0, headers: res.headers, text: body, json: <T>() => JSON.parse(body) as T };
}

export function open(
  port: number,
  path: string,
  { method = "GET", headers = {}, body }: Call = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const req = request({ host: "127.0.0.1", port, path, method, headers, agent: false });
    req.on("response", resolve).on("error", reject);
    req.end(body);
  });
}

export interface SseMessage {
  readonly event: string;
  readonly data: unknown;
}

/** Reads an event stream until it ends or `until` is satisfied. @returns all events that were read */
export async function readEvents(
  port: number,
  path: string,
  { until, ...options }: Call & { until?: (event: SseMessage, all: SseMessage[]) => boolean },
): Promise<SseMessage[]> {
  const res = await open(port, path, options);
  if (res.statusCode !== 200) throw new Error(`${path} answered ${res.statusCode}: ${await text(res)}`);
  const events: SseMessage[] = [];
  let enough = false;
  const parser = createParser({
    onEvent: ({ event = "message", data }) => {
      if (enough) return;
      const message = { event, data: JSON.parse(data) as unknown };
      events.push(message);
      enough = until?.(message, events) ?? false;
    },
  });
  for await (const chunk of res) {
    parser.feed(String(chunk));
    if (enough) break;
  }
  res.destroy();
  return events;
}

/** Asks again until the answer satisfies; the test's own time limit ends it. */
export async function eventually<T>(ask: () => Promise<T>, good: (value: T) => boolean, limitMs = 60_000): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const value = await ask();
    if (good(value)) return value;
    if (Date.now() > end) throw new Error(`not in time; last seen: ${String(JSON.stringify(value)).slice(0, 2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
