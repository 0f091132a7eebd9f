import { expect, test } from "vitest";
import type { Email } from "../contracts/email.ts";
import type { Session } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { ProgressMessage } from "../contracts/status.ts";
import { FanOut } from "../lib/fan-out.ts";
import { sampleSession } from "../../test/harness/sample-session.ts";
import type { KnownSessions } from "./known.ts";
import { Messages } from "./messages.ts";
import { OpenLists } from "./open-lists.ts";
import { StartLogs } from "./start-log.ts";
import type { SessionRecord } from "./store.ts";
import { progressStream, sessionsStream, startStream } from "./streams.ts";

const hash = "0123456789ab" as SessionHash;
const owner = "alice@example.org" as Email;
const message = (id: string): ProgressMessage => ({ id, role: "user", text: id, at: "2026-01-02T03:04:05.000Z" });

/** As much of the known sessions as streams read. */
function open() {
  const records = new Map<SessionHash, SessionRecord>([[hash, sampleSession({ hash, owner })]]);
  const state: { session: Session } = { session: { state: "starting", progress: "queued", url: null } as Session };
  const stored: ProgressMessage[] = [];
  const messages = new Messages({
    list: () => Promise.resolve([...stored]),
    replace: () => new Promise(setImmediate),
  });
  const known = {
    changes: new FanOut<SessionHash>(),
    messages,
    starts: new StartLogs((of) => (records.has(of) ? state.session : undefined)),
    get: (of: SessionHash) => records.get(of),
    lists: new OpenLists(() => [{ ...state.session, hash }]),
  };
  known.changes.subscribe((of) => known.lists.look(of, records.get(of)?.owner));
  const left = new AbortController();
  const reader = (lastEventId?: string) => ({ hash, lastEventId, signal: left.signal });
  // The lists themselves listen to the changes, all the time.
  const subscriptions = () =>
    known.changes.size - 1 + messages.changes.size + known.starts.changes.size + known.lists.size;
  return { known: known as unknown as KnownSessions, records, state, messages, left, reader, subscriptions };
}

const next = async <T extends { event: string }>(stream: AsyncGenerator<T>): Promise<T | undefined> => {
  const { value, done } = await stream.next();
  return done ? undefined : (value as T);
};
const isSilent = (read: Promise<unknown>) =>
  Promise.race([read.then(() => false), new Promise((resolve) => setTimeout(resolve, 20, true))]);

test("what comes while the first state is read is told once", async () => {
  const { known, messages, reader } = open();
  const stream = progressStream(known, reader());
  const first = next(stream);
  const taken = messages.take(hash, [message("a")]);
  expect(await first).toMatchObject({ event: "snapshot", data: { messages: [] } });
  await taken;
  expect(await next(stream)).toMatchObject({ event: "message", data: { id: "a" } });
  expect(await isSilent(stream.next())).toBe(true);
});

test("a reader that is so slow that messages are gone is told so; with its id it gets the whole state", async () => {
  const { known, messages, reader, subscriptions } = open();
  const stream = progressStream(known, reader());
  await next(stream);
  await messages.take(hash, [message("a"), message("b"), message("c")]);
  const a = await next(stream);
  expect(a?.data).toMatchObject({ id: "a" });
  await messages.take(hash, [message("c"), message("d")]);
  const overflow = await next(stream);
  expect(overflow).toMatchObject({ event: "overflow", data: { code: "too_slow" }, id: a?.id });
  expect(await next(stream)).toBeUndefined();
  expect(subscriptions()).toBe(0);
  const again = await next(progressStream(known, reader(overflow?.id)));
  expect(again).toMatchObject({ event: "snapshot", data: { messages: [{ id: "c" }, { id: "d" }] } });
});

test("a conversation's stream ends with its session", async () => {
  const { known, records, reader, subscriptions } = open();
  const stream = progressStream(known, reader());
  await next(stream);
  const waiting = next(stream);
  expect(await isSilent(waiting)).toBe(true);
  records.delete(hash);
  known.changes.publish(hash);
  expect(await waiting).toBeUndefined();
  expect(subscriptions()).toBe(0);
});

test("no stream leaves anything behind, whoever ends it", async () => {
  const { known, left, reader, subscriptions } = open();
  const streams: AsyncGenerator<{ event: string }>[] = [
    sessionsStream(known, owner, left.signal),
    startStream(known, reader()),
    progressStream(known, reader()),
  ];
  for (const stream of streams) await next(stream);
  expect(subscriptions()).toBe(4);
  const waiting = streams.map((stream) => stream.next());
  left.abort();
  await Promise.all(waiting);
  await Promise.all(streams.map((stream) => stream.return(undefined)));
  expect(subscriptions()).toBe(0);
});

test("a list is told again only when it is different, and not for other people's sessions", async () => {
  const { known, records, state, left } = open();
  const theirs = "ffffffffffff" as SessionHash;
  records.set(theirs, sampleSession({ hash: theirs, owner: "bob@example.org" as Email }));
  const stream = sessionsStream(known, owner, left.signal);
  const first = await next(stream);
  known.changes.publish(hash);
  const second = next(stream);
  expect(await isSilent(second)).toBe(true);
  state.session = { ...state.session, state: "running" };
  known.changes.publish(theirs);
  expect(await isSilent(second)).toBe(true);
  known.changes.publish(hash);
  expect((await second)?.id).not.toBe(first?.id);
});

test("a start that is replayed ends where it ended, and then waits for the next one", async () => {
  const { known, state, reader } = open();
  const stream = startStream(known, reader());
  const queued = [await next(stream), await next(stream)];
  expect(queued.map((event) => event?.event)).toEqual(["state_change", "progress"]);
  state.session = { state: "stopped", url: null } as Session;
  known.starts.look(hash);
  const live = [await next(stream), await next(stream), await next(stream)];
  expect(live.map((event) => event?.event)).toEqual(["state_change", "error", undefined]);
  const replayed = startStream(known, reader(queued[0]?.id));
  const rest = [await next(replayed), await next(replayed), await next(replayed), await next(replayed)];
  expect(rest.map((event) => event?.event)).toEqual(["progress", "state_change", "error", undefined]);
  expect(rest).toEqual([queued[1], ...live]);
  const later = startStream(known, reader(rest[2]?.id));
  const waiting = next(later);
  expect(await isSilent(waiting)).toBe(true);
  state.session = { state: "starting", progress: "queued", url: null } as Session;
  known.starts.look(hash);
  expect(await waiting).toMatchObject({ event: "state_change", data: { state: "starting" } });
});
