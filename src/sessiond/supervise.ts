import { backoffMs } from "../lib/backoff.ts";

const RESTART = { firstMs: 1_000, maxMs: 60_000 };
const RESET_AFTER_MS = 30_000;
const MAX_CRASHES = 5;

export type AfterCrash =
  | { readonly do: "restart"; readonly afterMs: number; readonly crashes: number }
  | { readonly do: "give-up"; readonly crashes: number };

/** What follows a crash, after `crashesBefore` in a row. A program that ran long enough starts counting again. */
export function afterCrash(crashesBefore: number, uptimeMs: number): AfterCrash {
  const crashes = (uptimeMs >= RESET_AFTER_MS ? 0 : crashesBefore) + 1;
  if (crashes >= MAX_CRASHES) return { do: "give-up", crashes };
  return { do: "restart", afterMs: backoffMs(RESTART, crashes), crashes };
}

export const HEALTH = {
  /** A request that reaches opencode in the instant of its start may never be answered: many tries side by side. */
  boot: { timeLimitMs: 2_000, everyMs: 25 },
  steady: { timeLimitMs: 5_000, pauseMs: 5_000 },
  failuresToHang: 3,
  failureWindowMs: 30_000,
  bootLimitMs: 120_000,
  silentWhileBusyMs: 180_000,
} as const;

export interface Pulse {
  /** When health checks failed since the last one that did not. */
  readonly failures: readonly number[];
  readonly busy: boolean;
  /** When an event last arrived. */
  readonly lastEventAt: number;
}

/** Whether a running program hangs so that only a restart helps. One that works on a turn gets much more time. */
export function isHung({ failures, busy, lastEventAt }: Pulse, now: number): boolean {
  const recent = failures.filter((at) => now - at <= HEALTH.failureWindowMs);
  if (recent.length < HEALTH.failuresToHang) return false;
  return !busy || now - lastEventAt >= HEALTH.silentWhileBusyMs;
}
