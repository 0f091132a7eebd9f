import { createParser } from "eventsource-parser";
import * as z from "zod/mini";
import { backoffMs } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { OpencodeClient } from "./client.ts";

const Envelope = z.object({ type: z.string(), properties: z.record(z.string(), z.unknown()) });
export type OpencodeEvent = z.infer<typeof Envelope>;

export interface EventListener {
  /** The stream is open: whatever happened before it was not heard. */
  onConnected(): void;
  onEvent(event: OpencodeEvent): void;
  /** Anything arrived at all, also events that are not parsed. */
  onAlive(): void;
}

interface Ports {
  readonly clock: Clock;
  readonly log: Log;
}

const RECONNECT = { firstMs: 250, maxMs: 10_000 };
/** opencode sends a heartbeat every 10 s. */
const SILENCE_MS = 35_000;

/** Hears opencode's events until the signal fires, over as many connections as it takes. */
export async function followEvents(
  client: OpencodeClient,
  listener: EventListener,
  { clock, log, signal }: Ports & { signal: AbortSignal },
): Promise<void> {
  let attempt = 0;
  while (!signal.aborted) {
    const opened = await readEvents(client, listener, signal).catch((cause: unknown) => {
      if (!signal.aborted) log.warn({ cause }, "event stream failed");
      return false;
    });
    attempt = opened ? 1 : attempt + 1;
    await clock.sleep(backoffMs(RECONNECT, attempt), signal).catch(() => {
      // Aborted: the loop sees it.
    });
  }
}

/** @returns true when the stream was open and ended. */
async function readEvents(client: OpencodeClient, listener: EventListener, signal: AbortSignal): Promise<boolean> {
  const stream = await client.events(signal);
  stream.setTimeout(SILENCE_MS, () => stream.destroy());
  stream.setEncoding("utf8");
  listener.onConnected();
  const parser = createParser({ onEvent: ({ data }) => deliver(data, listener) });
  try {
    for await (const chunk of stream) {
      listener.onAlive();
      parser.feed(String(chunk));
    }
  } catch {
    // Broken off: told by the end of the loop, and the caller connects again.
  }
  return true;
}

/** Nine of ten events are pieces of text that come once more as a whole: they are not worth parsing. */
const PIECE = /^.{0,80}"type":"message\.part\.delta"/;

function deliver(data: string, listener: EventListener): void {
  if (PIECE.test(data)) return;
  const event = Envelope.safeParse(parseJson(data));
  if (event.success) listener.onEvent(event.data);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not ours to judge: it is dropped like an unknown event.
    return undefined;
  }
}
