/** How long the slow checks wait, in milliseconds. */
export interface Timing {
  /** For the first event of a stream. */
  readonly eventMs: number;
  /** From there to the next sign of life; the router sends one every 15 s. */
  readonly commentMs: number;
  /** For which a WebSocket is silent; longer than proxies' limits, which are often 60 or 100 s. */
  readonly silenceMs: number;
  /** For the start of a session: a node may have to pull its image. */
  readonly startMs: number;
}

export const TIMING: Timing = { eventMs: 5_000, commentMs: 20_000, silenceMs: 110_000, startMs: 300_000 };
