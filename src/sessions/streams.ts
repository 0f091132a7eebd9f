import type { Email } from "../contracts/email.ts";
import type { Session } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import { STAGE_MESSAGES, type ProgressEvent, type SessionsEvent, type StartEvent } from "../contracts/stream.ts";
import { Mailbox } from "../lib/mailbox.ts";
import type { KnownSessions } from "./known.ts";

/** Enough for a burst; a reader that is further behind reconnects and starts from a snapshot. */
const MAX_WAITING = 500;

/** One person's list: whole on connect, and whole again after each change. */
export async function* sessionsStream(
  sessions: KnownSessions,
  email: Email,
  signal: AbortSignal,
): AsyncGenerator<SessionsEvent> {
  const mailbox = new Mailbox<"look again">(1, { whenFull: "coalesce", signal });
  using _live = sessions.changes.subscribe(() => mailbox.put("look again"));
  let told = "";
  do {
    const data = { email, sessions: sessions.list(email) };
    const text = JSON.stringify(data);
    if (text !== told) yield { event: "sessions", data };
    told = text;
  } while (await mailbox.take());
}

/** A start as it happens; ends when the session can be opened or will not start. */
export async function* startStream(
  sessions: KnownSessions,
  hash: SessionHash,
  signal: AbortSignal,
): AsyncGenerator<StartEvent> {
  const mailbox = new Mailbox<"look again">(1, { whenFull: "coalesce", signal });
  using _live = sessions.changes.subscribe((changed) => {
    if (changed === hash) mailbox.put("look again");
  });
  let before: Session | undefined;
  do {
    const record = sessions.get(hash);
    const now = record && sessions.view(record);
    yield* startEvents(before, now);
    if (!now || isSettled(now)) return;
    before = now;
  } while (await mailbox.take());
}

const isSettled = (session: Session): boolean =>
  session.state === "running" ? session.url !== null : session.state !== "starting" && session.state !== "stopping";

/** What is to be told of the step from one view to the next. */
export function* startEvents(before: Session | undefined, now: Session | undefined): Generator<StartEvent> {
  if (!now) return yield { event: "error", data: { code: "deleted", message: "The session was deleted." } };
  if (now.state !== before?.state) yield { event: "state_change", data: { state: now.state } };
  if (now.progress && now.progress !== before?.progress)
    yield { event: "progress", data: { stage: now.progress, message: STAGE_MESSAGES[now.progress] } };
  if (now.state === "running" && now.url !== null) {
    yield { event: "progress", data: { stage: "ready", message: STAGE_MESSAGES.ready } };
    yield { event: "complete", data: { url: now.url } };
  }
  if (now.state === "failed" && now.reason)
    yield { event: "error", data: { code: now.reason, message: now.message ?? "" } };
  if (now.state === "stopped")
    yield { event: "error", data: { code: "stopped", message: "The session is stopped. Resume it to use it." } };
  if (now.state === "deleting")
    yield { event: "error", data: { code: "deleted", message: "The session is being deleted." } };
}

/** A conversation's messages: all that are known, then each new one. */
export async function* progressStream(
  sessions: KnownSessions,
  hash: SessionHash,
  signal: AbortSignal,
): AsyncGenerator<ProgressEvent> {
  const mailbox = new Mailbox<ProgressEvent>(MAX_WAITING, { whenFull: "end", signal });
  // Before the snapshot, so that nothing falls between the two.
  using _live = sessions.messages.added.subscribe((added) => {
    if (added.hash === hash) mailbox.put({ event: "message", data: added.message });
  });
  using _end = sessions.changes.subscribe((changed) => {
    if (changed === hash && !sessions.get(hash)) mailbox.close();
  });
  const messages = [...(await sessions.messages.list(hash))];
  yield { event: "snapshot", data: { title: sessions.get(hash)?.title ?? null, messages } };
  const told = new Map(messages.map(({ id, text }) => [id, text]));
  for (let batch = await mailbox.take(); batch; batch = await mailbox.take())
    for (const event of batch) {
      if (event.event !== "message" || told.get(event.data.id) === event.data.text) continue;
      told.set(event.data.id, event.data.text);
      yield event;
    }
}
