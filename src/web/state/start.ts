import { START_STAGES } from "../../contracts/session.ts";
import type { Session, StartStage } from "../../contracts/session.ts";
import type { StartEvent } from "../../contracts/stream.ts";

/** What the page of one session shows. */
export type StartState =
  | { readonly at: "loading" }
  | { readonly at: "missing" }
  | { readonly at: "unreachable"; readonly detail: string }
  | { readonly at: "starting"; readonly stage: StartStage; readonly seen: readonly StartStage[] }
  | { readonly at: "running"; readonly url: string }
  | { readonly at: "failed"; readonly message: string }
  | { readonly at: "stopping" | "stopped" | "deleting" };

export type StartInput =
  | { readonly event: "session"; readonly data: Session }
  | { readonly event: "gone" }
  | { readonly event: "unreachable"; readonly data: string }
  | StartEvent;

export const LOADING: StartState = { at: "loading" };

function starting(state: StartState, stage: StartStage): StartState {
  const seen = state.at === "starting" ? state.seen : [];
  return { at: "starting", stage, seen: seen.includes(stage) ? seen : [...seen, stage] };
}

function fromSession(state: StartState, session: Session): StartState {
  switch (session.state) {
    case "running":
      // Without a link there is nothing to open yet: for the person, it is still starting.
      return session.url === null
        ? starting(state, session.progress ?? "booting")
        : { at: "running", url: session.url };
    case "starting":
      return starting(state, session.progress ?? "queued");
    case "failed":
      return { at: "failed", message: session.message ?? "" };
    default:
      return { at: session.state };
  }
}

/**
 * One state machine for a first visit, a reload, the back button and a resume: whatever is heard last about the session
 * decides, from the list, from an answer or from the stream of its start.
 */
export function nextStart(state: StartState, input: StartInput): StartState {
  switch (input.event) {
    case "session":
      return fromSession(state, input.data);
    case "gone":
      return { at: "missing" };
    case "unreachable":
      return state.at === "loading" ? { at: "unreachable", detail: input.data } : state;
    case "progress":
      return starting(state, input.data.stage);
    case "state_change":
      return fromStateChange(state, input.data.state);
    case "complete":
      return { at: "running", url: input.data.url };
    case "error":
      return fromError(input.data);
  }
}

function fromStateChange(state: StartState, to: Session["state"]): StartState {
  // `running` and `failed` say more in the `complete` or `error` that follows.
  if (to === "running" || to === "failed") return state;
  if (to === "starting") return state.at === "starting" ? state : starting(state, "queued");
  return { at: to };
}

function fromError({ code, message }: Extract<StartEvent, { event: "error" }>["data"]): StartState {
  if (code === "stopped") return { at: "stopped" };
  if (code === "deleted") return { at: "missing" };
  return { at: "failed", message };
}

export type StageMark = "done" | "passed" | "current" | "ahead";

/** The stages to list. One that went by unseen (before this page, or not needed here) is `passed`, not claimed as done. */
export function stageMarks(
  state: Extract<StartState, { at: "starting" }>,
  hasRepository: boolean,
): { readonly stage: StartStage; readonly mark: StageMark }[] {
  const now = START_STAGES.indexOf(state.stage);
  const mark = (stage: StartStage, index: number): StageMark => {
    if (index === now) return "current";
    if (index > now) return "ahead";
    return state.seen.includes(stage) ? "done" : "passed";
  };
  return START_STAGES.map((stage, index) => ({ stage, mark: mark(stage, index) })).filter(
    ({ stage, mark: is }) => hasRepository || stage !== "cloning" || is === "current",
  );
}
