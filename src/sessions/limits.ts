import { ProblemError } from "../contracts/problem.ts";

export interface Limits {
  readonly maxSessions: number;
  readonly maxRunning: number;
  readonly maxStarts: number;
}

export interface Counts {
  readonly sessions: number;
  /** The person's sessions that are wanted running. */
  readonly running: number;
  /** Everybody's sessions that are starting. */
  readonly starting: number;
}

/** @throws ProblemError naming the limit that another running session would pass. */
export function checkMayRun(limits: Limits, counts: Counts): void {
  if (counts.running >= limits.maxRunning)
    throw limitReached("MAX_RUNNING_PER_USER", limits.maxRunning, "Stop a running session first.");
  if (counts.starting >= limits.maxStarts)
    throw limitReached("MAX_CONCURRENT_STARTS", limits.maxStarts, "Try again in some seconds.");
}

/** @throws ProblemError naming the limit that another session would pass. */
export function checkMayCreate(limits: Limits, counts: Counts): void {
  if (counts.sessions >= limits.maxSessions)
    throw limitReached("MAX_SESSIONS_PER_USER", limits.maxSessions, "Delete a session that you no longer need.");
  checkMayRun(limits, counts);
}

const limitReached = (name: string, value: number, advice: string): ProblemError =>
  new ProblemError("limit_reached", `The limit ${name} of ${value} is reached. ${advice}`, { "retry-after": "10" });
