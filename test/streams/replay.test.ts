import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import type { ProgressMessage } from "../../src/contracts/status.ts";
import { followEvents, listeners, type EventClient, type SeenEvent } from "../harness/event-client.ts";
import { eventually } from "../harness/http.ts";
import type { TestRouter } from "../harness/router.ts";
import { messages, pushMessages, routerWithSession } from "./stored-session.ts";

const HASH = "0123456789ab" as SessionHash;
const PROGRESS = `/api/sessions/${HASH}/progress/stream`;
const START = `/api/sessions/${HASH}/events`;
const LIST = "/api/sessions/stream";

let router: TestRouter;
beforeAll(async () => {
  router = await routerWithSession(HASH);
});
beforeEach(() => pushMessages(router, HASH, []));
afterAll(() => router?.[Symbol.asyncDispose]());

const follow = (path: string, options: { lastEventId?: string | undefined; cutAfter?: number } = {}) =>
  followEvents(router.ports.public, path, { headers: { host: router.mainHost() }, ...options });

const textsOf = ({ event, data }: SeenEvent): string[] =>
  event === "snapshot"
    ? (data as { messages: ProgressMessage[] }).messages.map(({ text }) => text)
    : [(data as ProgressMessage).text];

const textOf = (n: number) => `text of ${n}`;
const range = (from: number, to: number) => messages(from, to).map(({ text }) => text);

test("every message arrives exactly once, wherever the stream is cut: 200 times", async () => {
  const WINDOW = 100;
  const CUTS = 200;
  const read: string[] = [];
  let told = 0;
  const enough = new AbortController();
  const tell = async () => {
    while (!enough.signal.aborted) {
      // A client that is away for longer than the window gets a snapshot: that is another test.
      if (told - read.length > WINDOW / 2) await new Promise(setImmediate);
      else {
        told += 1 + Math.floor(Math.random() * 4);
        await pushMessages(router, HASH, messages(Math.max(1, told - WINDOW + 1), told));
      }
    }
  };
  const telling = tell();
  let lastEventId: string | undefined;
  const snapshots: SeenEvent[] = [];
  for (let cuts = 0; cuts < CUTS; cuts++) {
    const cutAfter = 1 + Math.floor(Math.random() * 5);
    using client = await follow(PROGRESS, { lastEventId, cutAfter });
    await client.ended;
    for (const event of client.events) {
      expect(event.id).toBeDefined();
      if (event.event === "snapshot") snapshots.push(event);
      read.push(...textsOf(event));
    }
    ({ lastEventId } = client);
  }
  enough.abort();
  await telling;
  using client = await follow(PROGRESS, { lastEventId });
  if (read.length < told) await client.sees((event) => textsOf(event).includes(textOf(told)));
  read.push(...client.events.flatMap(textsOf));
  expect(read).toEqual(range(1, told));
  expect(snapshots).toHaveLength(1);
});

test("who was away for too long gets the whole state anew", async () => {
  await pushMessages(router, HASH, messages(1, 50));
  using before = await follow(PROGRESS, { cutAfter: 1 });
  await before.ended;
  await pushMessages(router, HASH, messages(2, 60));
  await pushMessages(router, HASH, messages(61, 150));
  using after = await follow(PROGRESS, { lastEventId: before.lastEventId });
  const first = await after.sees(() => true);
  expect(first.event).toBe("snapshot");
  expect(textsOf(first)).toEqual(range(61, 150));
});

const restart = async () => {
  await router.end("SIGTERM");
  await router.start();
};

test("an id from before the router's restart is answered with the whole state", async () => {
  await restart();
  using first = await follow(PROGRESS);
  await first.sees(({ event }) => event === "snapshot");
  await pushMessages(router, HASH, messages(1, 3));
  const before = await first.sees((event) => textsOf(event).includes(textOf(3)));
  await pushMessages(router, HASH, messages(1, 5));
  await restart();
  // The new router has a message of the same number: that it means something else here must not be overlooked.
  using other = await follow(PROGRESS);
  await other.sees(({ event }) => event === "snapshot");
  await pushMessages(router, HASH, messages(1, 15));
  using after = await follow(PROGRESS, { lastEventId: before.id });
  const snapshot = await after.sees(() => true);
  expect([snapshot.event, textsOf(snapshot)]).toEqual(["snapshot", range(1, 15)]);
  await pushMessages(router, HASH, messages(1, 16));
  expect(textsOf(await after.sees(({ event }) => event === "message"))).toEqual([textOf(16)]);
});

test.each([
  ["of nobody", "7"],
  ["of another list", "0123456789ab-0"],
  ["that is huge", "9".repeat(8_000)],
  ["that is not text", "\u00ff\u0080\u00a0"],
  ["that is a path", "../../etc/passwd"],
])("an id %s is harmless", async (_name, lastEventId) => {
  await pushMessages(router, HASH, messages(1, 3));
  for (const [path, first] of [
    [PROGRESS, "snapshot"],
    [START, "state_change"],
    [LIST, "sessions"],
  ] as const) {
    using client = await follow(path, { lastEventId, cutAfter: 1 });
    await client.ended;
    expect(client.events.map(({ event }) => event)).toEqual([first]);
  }
});

test("an id from the future of the right list is answered with the whole state", async () => {
  using before = await follow(PROGRESS, { cutAfter: 1 });
  await before.ended;
  const future = before.lastEventId?.replace(/\d+$/, "999999");
  using after = await follow(PROGRESS, { lastEventId: future, cutAfter: 1 });
  await after.ended;
  expect(after.events[0]?.event).toBe("snapshot");
});

test("the list is told on every connect, and its id names what is in it", async () => {
  using first = await follow(LIST, { cutAfter: 1 });
  await first.ended;
  using again = await follow(LIST, { lastEventId: first.lastEventId });
  const [same] = [await again.sees(({ event }) => event === "sessions")];
  expect({ ...same, at: 0 }).toEqual({ ...first.events[0], at: 0 });
  await restart();
  using later = await follow(LIST, { cutAfter: 1 });
  await later.ended;
  expect(later.lastEventId).toBe(first.lastEventId);
});

test("a start is told exactly once, also to a client that is cut after every event", { timeout: 180_000 }, async () => {
  using stopped = await follow(START);
  await stopped.ended;
  expect(stopped.named("error").map(({ data }) => data)).toMatchObject([{ code: "stopped" }]);

  // Both know that it is stopped: only what comes is told.
  const { lastEventId } = stopped;
  using steady = await follow(START, { lastEventId });
  const restless: SeenEvent[] = [];
  const reading = (async () => {
    let last = lastEventId;
    while (restless.at(-1)?.event !== "complete") {
      using client: EventClient = await follow(START, { lastEventId: last, cutAfter: 1 });
      await client.ended;
      restless.push(...client.events);
      last = client.lastEventId ?? last;
    }
  })();
  expect((await router.api("POST", `/api/sessions/${HASH}/resume`)).status).toBe(202);
  await Promise.all([steady.ended, reading]);
  const told = (events: readonly SeenEvent[]) => events.map(({ id, event, data }) => ({ id, event, data }));
  expect(told(restless)).toEqual(told(steady.events));
  expect(new Set(steady.events.map(({ id }) => id)).size).toBe(steady.events.length);
  expect(steady.events.map(({ event }) => event)).toEqual(
    expect.arrayContaining(["state_change", "progress", "complete"]),
  );

  // Who knows nothing gets the state as it is, not the story.
  using late = await follow(START);
  await late.ended;
  expect(late.events.map(({ event }) => event)).toEqual(["state_change", "progress", "complete"]);
  expect(late.lastEventId).toBe(steady.lastEventId);

  await router.api("POST", `/api/sessions/${HASH}/stop`);
  await eventually(
    async () => (await router.api("GET", `/api/sessions/${HASH}`)).json<Session>().state,
    (state) => state === "stopped",
  );
});

test("nothing of a stream is left when its client is gone", async () => {
  const before = await listeners(router);
  const clients: EventClient[] = [];
  for (const path of [PROGRESS, LIST, `${PROGRESS}?x`]) for (let n = 0; n < 20; n++) clients.push(await follow(path));
  expect(await listeners(router)).toBeGreaterThanOrEqual(before + clients.length);
  for (const client of clients) client[Symbol.dispose]();
  await eventually(
    () => listeners(router),
    (count) => count === before,
  );
  expect(router.output).not.toMatch(/MaxListenersExceeded|unhandled/);
});
