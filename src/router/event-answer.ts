import type { ServerResponse } from "node:http";
import { OVERFLOW } from "../contracts/stream.ts";
import { sseResponse, type SseEvent } from "../lib/sse.ts";

/** A reader that was cut off has this long to take what was sent; then its connection ends, and what it holds is free. */
const LAST_CHANCE_MS = 30_000;

export interface EventClient {
  /** Fires when the router goes down: the stream ends with a reconnect hint. */
  readonly draining: AbortSignal;
  /** The answer that carries the events. */
  readonly res: Pick<ServerResponse, "setTimeout" | "destroy">;
}

/** An event stream to one client of the router. */
export const eventAnswer = (
  source: (ended: AbortSignal) => AsyncGenerator<SseEvent>,
  { draining, res }: EventClient,
): Response =>
  sseResponse(source, {
    signal: draining,
    overflow: OVERFLOW,
    onCutOff: () => void res.setTimeout(LAST_CHANCE_MS, () => res.destroy()),
  });
