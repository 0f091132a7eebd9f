import type { IncomingMessage } from "node:http";
import { once } from "node:events";
import { call, open, type Call } from "../harness/http.ts";
import type { TestRouter } from "../harness/router.ts";

/** So many connections are made at once, and no more: the queue of a listener is short. */
const AT_ONCE = 64;

/** Opens many streams of one kind, and reads them. @throws when one is refused */
export async function openMany(
  count: number,
  one: { readonly port: number; readonly path: string } & Call,
): Promise<IncomingMessage[]> {
  const streams: IncomingMessage[] = [];
  while (streams.length < count) {
    const batch = Math.min(AT_ONCE, count - streams.length);
    const opened = await Promise.all(Array.from({ length: batch }, () => open(one.port, one.path, one)));
    streams.push(...opened.map((stream) => stream.on("error", () => {}).resume()));
  }
  const refused = streams.find(({ statusCode }) => statusCode !== 200);
  if (!refused) return streams;
  await closeAll(streams);
  throw new Error(`a stream of ${one.path} was answered ${refused.statusCode}`);
}

export async function closeAll(streams: readonly IncomingMessage[]): Promise<void> {
  const open = streams.filter((stream) => !stream.closed);
  const closed = open.map((stream) => once(stream, "close"));
  for (const stream of open) stream.destroy();
  await Promise.all(closed);
}

/** A gauge among the router's metrics. */
export async function gauge(router: TestRouter, name: string): Promise<number> {
  const { text } = await call(router.ports.internal, "/metrics");
  const value = new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1];
  if (value === undefined) throw new Error(`no metric ${name}`);
  return Number(value);
}
