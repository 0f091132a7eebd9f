import type { Session } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import { STAGE_MESSAGES, type StartEvent } from "../contracts/stream.ts";
import { FanOut } from "../lib/fan-out.ts";
import { RecentEvents, type Numbered } from "./event-log.ts";

/** Several starts of a session; who was away for longer gets the state as it is. */
const MAX_EVENTS = 100;

type View = Pick<Session, "state" | "progress" | "url" | "reason" | "message">;

/** What happens in the starts of one session, from the first time that somebody asks. */
export class StartLog extends RecentEvents<StartEvent> {
  #view: View | undefined;

  constructor() {
    super(MAX_EVENTS);
  }

  /** @param now how the session looks; undefined when it is gone. */
  look(now: View | undefined): void {
    for (const event of startEvents(this.#view, now)) this.add(event);
    this.#view = now;
  }

  /** What tells the present state to somebody who knows nothing. */
  present(): Numbered<StartEvent>[] {
    const state = this.events.findLast(({ event }) => event.event === "state_change");
    const since = this.events.filter(({ n }) => n > (state?.n ?? 0));
    const latest = (name: StartEvent["event"]) => since.findLast(({ event }) => event.event === name);
    return [state, latest("progress"), latest("complete"), latest("error")].filter((one) => one !== undefined);
  }
}

/** The logs of all sessions that anybody asked for. */
export class StartLogs {
  readonly #logs = new Map<SessionHash, StartLog>();
  readonly #viewOf: (hash: SessionHash) => View | undefined;
  /** Something happened in a start. */
  readonly changes = new FanOut<SessionHash>();

  constructor(viewOf: (hash: SessionHash) => View | undefined) {
    this.#viewOf = viewOf;
  }

  get(hash: SessionHash): StartLog {
    const known = this.#logs.get(hash);
    if (known) return known;
    const log = new StartLog();
    const view = this.#viewOf(hash);
    log.look(view);
    if (view) this.#logs.set(hash, log);
    return log;
  }

  /** The session may look different from before. */
  look(hash: SessionHash): void {
    const log = this.#logs.get(hash);
    if (!log) return;
    const view = this.#viewOf(hash);
    const before = log.last;
    log.look(view);
    if (!view) this.#logs.delete(hash);
    if (log.last > before) this.changes.publish(hash);
  }
}

/** What is to be told of the step from one view to the next. */
export function* startEvents(before: View | undefined, now: View | undefined): Generator<StartEvent> {
  if (!now) return yield { event: "error", data: { code: "deleted", message: "The session was deleted." } };
  const stateIsNew = now.state !== before?.state;
  if (stateIsNew) yield { event: "state_change", data: { state: now.state } };
  if (now.progress && (stateIsNew || now.progress !== before?.progress))
    yield { event: "progress", data: { stage: now.progress, message: STAGE_MESSAGES[now.progress] } };
  if (now.state === "running" && now.url !== null && (stateIsNew || now.url !== before?.url)) {
    yield { event: "progress", data: { stage: "ready", message: STAGE_MESSAGES.ready } };
    yield { event: "complete", data: { url: now.url } };
  }
  if (now.state === "failed" && now.reason && (stateIsNew || now.message !== before?.message))
    yield { event: "error", data: { code: now.reason, message: now.message ?? "" } };
  if (now.state === "stopped" && stateIsNew)
    yield { event: "error", data: { code: "stopped", message: "The session is stopped. Resume it to use it." } };
  if (now.state === "deleting" && stateIsNew)
    yield { event: "error", data: { code: "deleted", message: "The session is being deleted." } };
}
