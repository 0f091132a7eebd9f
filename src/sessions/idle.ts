/** When a session stops by itself, and what keeps it. Pure. */

export interface Use {
  /** The last request or frame of a person, milliseconds since the epoch. */
  readonly lastActivity: number;
  /** An agent works or waits for a person's permission. */
  readonly busy: boolean;
}

export interface Stopping {
  /** Milliseconds since the epoch. */
  readonly stopsAt: number;
  /** Why it is not stopped before. */
  readonly keptBy: string;
}

/** A busy session has the whole time before it again; so it never stops. */
export function stopping({ lastActivity, busy }: Use, now: number, timeoutMs: number): Stopping {
  return busy
    ? { stopsAt: now + timeoutMs, keptBy: "The agent works, or waits for your answer." }
    : { stopsAt: lastActivity + timeoutMs, keptBy: "Somebody used it." };
}

export const isIdle = (use: Use, now: number, timeoutMs: number): boolean =>
  !use.busy && now >= use.lastActivity + timeoutMs;
