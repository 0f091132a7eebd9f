import type { Email } from "../contracts/email.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import {
  OVERFLOW,
  type OverflowEvent,
  type ProgressEvent,
  type SessionsEvent,
  type StartEvent,
} from "../contracts/stream.ts";
import { Bell } from "../lib/bell.ts";
import { formatEventId, parseEventId } from "../lib/event-id.ts";
import type { EventLog, Numbered } from "./event-log.ts";
import type { KnownSessions } from "./known.ts";

/**
 * Every stream subscribes before it reads the first state, and then is only told to look again: what is to be told is
 * read from a log at the speed of the client, so that a slow one makes nothing pile up.
 */

/** Who reads a stream of one session. */
export interface Reader {
  readonly hash: SessionHash;
  /** What the client sent as `Last-Event-ID`, whatever that is. */
  readonly lastEventId: string | undefined;
  /** The client has gone. */
  readonly signal: AbortSignal;
}

type WithId<E> = E & { readonly id: string };

/** One person's list: whole on connect, and whole again after each change. Its id names what is in it. */
export async function* sessionsStream(
  sessions: KnownSessions,
  email: Email,
  signal: AbortSignal,
): AsyncGenerator<WithId<SessionsEvent>> {
  const bell = new Bell(signal);
  using _live = sessions.lists.subscribe(email, () => bell.ring());
  let told = "";
  do {
    const { data, id } = sessions.lists.get(email);
    if (id !== told) yield { event: "sessions", data, id };
    told = id;
  } while (await bell.rung());
}

/** A start as it happens; ends when the session can be opened or will not start. */
export async function* startStream(
  { starts }: KnownSessions,
  { hash, lastEventId, signal }: Reader,
): AsyncGenerator<WithId<StartEvent | OverflowEvent>> {
  const bell = new Bell(signal);
  using _live = starts.changes.subscribe((changed) => {
    if (changed === hash) bell.ring();
  });
  const log = starts.get(hash);
  const id = ({ n }: { readonly n: number }) => formatEventId({ epoch: log.epoch, n });
  let after = placeIn(log, lastEventId);
  if (after === undefined) {
    const present = log.present();
    for (const one of present) yield { ...one.event, id: id(one) };
    after = present.at(-1)?.n ?? 0;
    if (present.some(isLast)) return;
  }
  for await (const one of follow(log, after, bell)) {
    if (!one.event) return yield { ...OVERFLOW, id: id(one) };
    yield { ...one.event, id: id(one) };
    if (isLast(one)) return;
  }
}

const isLast = ({ event }: { readonly event: StartEvent }): boolean =>
  event.event === "complete" || event.event === "error";

/** A conversation's messages: all that are known, then each one that is new or different. */
export async function* progressStream(
  sessions: KnownSessions,
  { hash, lastEventId, signal }: Reader,
): AsyncGenerator<WithId<ProgressEvent | OverflowEvent>> {
  const gone = new AbortController();
  const bell = new Bell(AbortSignal.any([signal, gone.signal]));
  using _live = sessions.messages.changes.subscribe((changed) => {
    if (changed === hash) bell.ring();
  });
  using _end = sessions.changes.subscribe((changed) => {
    if (changed === hash && !sessions.get(hash)) gone.abort();
  });
  const log = await sessions.messages.log(hash);
  const id = (n: number) => formatEventId({ epoch: log.epoch, n });
  let after = placeIn(log, lastEventId);
  if (after === undefined) {
    after = log.last;
    const title = sessions.get(hash)?.title ?? null;
    yield { event: "snapshot", data: { title, messages: [...log.messages] }, id: id(after) };
  }
  for await (const { n, event } of follow(log, after, bell)) {
    if (!event) return yield { ...OVERFLOW, id: id(n) };
    yield { event: "message", data: event, id: id(n) };
  }
}

/** The number from which a client can go on; undefined when something that it has not seen is gone, or may be. */
function placeIn(log: EventLog<unknown>, lastEventId: string | undefined): number | undefined {
  const id = parseEventId(lastEventId);
  return id && id.epoch === log.epoch && log.reaches(id.n) ? id.n : undefined;
}

/** The events after a number, then each further one; one without an event when the next is gone, because the client was too slow. */
async function* follow<E>(
  log: EventLog<E>,
  after: number,
  bell: Bell,
): AsyncGenerator<Numbered<E> | { readonly n: number; readonly event: undefined }> {
  let n = after;
  do {
    for (;;) {
      if (!log.reaches(n)) return yield { n, event: undefined };
      const next = log.next(n);
      if (!next) break;
      ({ n } = next);
      yield next;
    }
  } while (await bell.rung());
}
