import type { Failure, FailureReason, SessionState, StartStage } from "../contracts/session.ts";
import type { Observed } from "../runtimes/runtime.ts";
import type { SessionRecord } from "./store.ts";

type Wish = Pick<SessionRecord, "desired" | "failure" | "failedStarts">;

export type Action =
  | { readonly do: "none" }
  | { readonly do: "start" }
  | { readonly do: "stop" }
  | { readonly do: "remove" }
  /** Remember the failure and how often it happened; `again` tells whether another start will be tried. */
  | { readonly do: "record-failure"; readonly failure: Failure; readonly again: boolean }
  | { readonly do: "forget-failures" };

export const MAX_FAILED_STARTS = 5;

/** Failures that may go away by themselves. All others need a person, so a repetition would only cost time. */
const RETRIED: readonly FailureReason[] = ["sessiond_crashed", "unschedulable", "volume"];

/** The one step that moves what is observed towards what is desired. Pure, and safe to repeat. */
export function decide(wish: Wish, observed: Observed): Action {
  switch (wish.desired) {
    case "deleted":
      return { do: "remove" };
    case "stopped":
      return observed.phase === "absent" || observed.phase === "stopping" ? { do: "none" } : { do: "stop" };
    case "running":
      return wish.failure ? afterFailure(observed) : towardsRunning(wish, observed);
  }
}

/** A recorded failure stands until somebody resumes the session; nothing of it may go on running. */
const afterFailure = (observed: Observed): Action =>
  observed.phase === "absent" || observed.phase === "stopping" || observed.phase === "failed"
    ? { do: "none" }
    : { do: "stop" };

function towardsRunning(wish: Wish, observed: Observed): Action {
  switch (observed.phase) {
    case "absent":
      return { do: "start" };
    case "failed": {
      const again = RETRIED.includes(observed.failure.reason) && wish.failedStarts + 1 < MAX_FAILED_STARTS;
      return { do: "record-failure", failure: observed.failure, again };
    }
    case "running":
      return wish.failedStarts > 0 ? { do: "forget-failures" } : { do: "none" };
    case "starting":
    case "stopping":
      return { do: "none" };
  }
}

export type Shown =
  | { readonly state: Exclude<SessionState, "starting" | "failed"> }
  | { readonly state: "starting"; readonly stage: StartStage }
  | { readonly state: "failed"; readonly failure: Failure };

/** The state that people see. */
export function shownState(wish: Wish, observed: Observed): Shown {
  if (wish.desired === "deleted") return { state: "deleting" };
  if (wish.desired === "stopped")
    return { state: observed.phase === "absent" || observed.phase === "failed" ? "stopped" : "stopping" };
  if (wish.failure) return { state: "failed", failure: wish.failure };
  if (observed.phase === "running") return { state: "running" };
  // Nobody recorded it: it goes on by itself as soon as it can.
  if (observed.phase === "stopping" && observed.stuck) return { state: "failed", failure: observed.stuck };
  return { state: "starting", stage: observed.phase === "starting" ? observed.stage : "queued" };
}
