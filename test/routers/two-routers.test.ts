import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { followEvents, type EventClient, type SeenEvent } from "../harness/event-client.ts";
import { call, eventually } from "../harness/http.ts";
import { makeRepository } from "../harness/git-repository.ts";
import { startModelServer, type ModelServer } from "../harness/model-server.ts";
import { execute } from "../harness/postgres.ts";
import { processesWith } from "../harness/processes.ts";
import type { TestRouter } from "../harness/router.ts";
import { follow, startTwoRouters, type TwoRouters } from "./two-routers.ts";

/** The promise is a second; a machine that does much else at once gets more. */
const SOON_MS = 3_000;

let model: ModelServer;
let routers: TwoRouters;
let a: TestRouter;
let b: TestRouter;
beforeAll(async () => {
  model = await startModelServer();
  routers = await startTwoRouters({ modelUrl: model.url });
  ({ a, b } = routers);
});
afterAll(async () => {
  await routers?.[Symbol.asyncDispose]();
  await model?.[Symbol.asyncDispose]();
});

const create = async (router: TestRouter, body: object = {}): Promise<Session> =>
  (await router.api("POST", "/api/sessions", { body })).json<Session>();

const shown = ({ event, data }: SeenEvent, hash: string): Session | undefined =>
  event === "sessions"
    ? (data as { sessions: Session[] }).sessions.find((session) => session.hash === hash)
    : undefined;

/** Waits until a list shows the session like this, and tells how long after `since` it did. */
async function sees(list: EventClient, hash: string, is: (session: Session) => boolean, since = 0): Promise<number> {
  const seen = await list.sees((event) => event.at >= since && is(shown(event, hash) ?? ({} as Session)));
  return seen.at - since;
}

const processesOf = (router: TestRouter, hash: string): Promise<number[]> =>
  processesWith(join(router.dataDir, "data/sessions", hash));

test("a session of one router is seen and directed at the other, which neither starts nor serves it", async () => {
  using list = await follow(b, "/api/sessions/stream");
  const asked = Date.now();
  const { hash } = await create(a, { initialMessage: "say hello" });
  const latency = await sees(list, hash, () => true, asked);
  process.stdout.write(`  created on A, told by B's stream after ${latency} ms\n`);
  expect(latency).toBeLessThan(SOON_MS);

  const here = await a.waitFor(hash, "running");
  const there = await b.waitFor(hash, "running");
  expect(there).toMatchObject({ hash, branch: here.branch, state: "running" });
  expect(await processesOf(a, hash)).not.toEqual([]);
  expect(await processesOf(b, hash)).toEqual([]);

  const refused = await b.onSession(hash, "/");
  expect(refused.status).toBe(503);
  expect(refused.json()).toMatchObject({ code: "elsewhere" });
  expect((await b.api("GET", `/api/sessions/${hash}/status`)).json()).toMatchObject({ code: "elsewhere" });
  expect((await a.onSession(hash, "/session")).status).toBe(200);

  const stopAt = Date.now();
  expect((await b.api("POST", `/api/sessions/${hash}/stop`)).status).toBe(202);
  const stopping = await sees(list, hash, ({ state }) => state === "stopped", stopAt);
  process.stdout.write(`  stopped through B, done by A and told by B's stream after ${stopping} ms\n`);
  expect(await processesOf(a, hash)).toEqual([]);

  expect((await b.api("POST", `/api/sessions/${hash}/resume`)).status).toBe(202);
  await b.waitFor(hash, "running");
  expect(await processesOf(b, hash)).toEqual([]);
  expect((await b.api("DELETE", `/api/sessions/${hash}`)).status).toBe(204);
  await Promise.all([a.waitFor(hash, "gone"), b.waitFor(hash, "gone")]);
  expect(await processesOf(a, hash)).toEqual([]);
});

test("the start and the messages of a session are told by the other router's streams", async () => {
  const { hash } = await create(a, { initialMessage: "say hello" });
  await b.waitFor(hash, "starting").catch(() => undefined);
  using start = await follow(b, `/api/sessions/${hash}/events`);
  using progress = await follow(b, `/api/sessions/${hash}/progress/stream`);
  await start.ended;
  expect(start.events.at(-1)?.event).toBe("complete");
  const told = () =>
    progress.events.flatMap(({ event, data }) =>
      event === "snapshot" ? (data as { messages: { text: string }[] }).messages : [data as { text: string }],
    );
  await eventually(
    () => Promise.resolve(told().map(({ text }) => text)),
    (texts) => texts.includes("say hello") && texts.length >= 2,
  );
  expect((await a.api("DELETE", `/api/sessions/${hash}`)).status).toBe(204);
  await progress.ended;
});

test("the same repository created at both routers at once is one session, at one of them", async () => {
  const root = await mkdtemp(join(tmpdir(), "routers-"));
  try {
    await makeRepository(root, "example.git", { files: { "README.md": "# Example\n" } });
    const wish = { repoUrl: join(root, "example.git"), branch: "brave-otter", sourceBranch: "main" };
    const made = await Promise.all([a, b, a, b].map((router) => router.api("POST", "/api/sessions", { body: wish })));
    expect(made.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 201]);
    const { hash } = made[0]!.json<Session>();
    await Promise.all([a.waitFor(hash, "running"), b.waitFor(hash, "running")]);
    const places = await Promise.all([processesOf(a, hash), processesOf(b, hash)]);
    expect(places.filter((processes) => processes.length > 0)).toHaveLength(1);
    await a.api("DELETE", `/api/sessions/${hash}`);
    await b.waitFor(hash, "gone");
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test("an attach password that is renewed at the other router is worth nothing here", async () => {
  const { hash } = await create(a);
  await a.waitFor(hash, "running");
  const info = async (router: TestRouter) =>
    (await router.api("GET", `/api/sessions/${hash}/attach-info`)).json<{ attachPassword: string }>().attachPassword;
  const old = await info(a);
  const attach = (password: string) =>
    call(a.ports.attach, "/session", { headers: { host: a.attachHost(hash), "x-attach-password": password } });
  expect((await attach(old)).status).toBe(200);
  const headers = { host: a.attachHost(hash), "x-attach-password": old };
  using attached = await followEvents(a.ports.attach, "/event", { headers });
  expect((await b.api("POST", `/api/sessions/${hash}/attach-password`)).status).toBe(200);
  await attached.ended;
  expect((await attach(old)).status).toBe(401);
  expect((await attach(await info(b))).status).toBe(200);
  await a.api("DELETE", `/api/sessions/${hash}`);
  await a.waitFor(hash, "gone");
});

test("routers that lost the database for a moment miss nothing", async () => {
  using list = await follow(b, "/api/sessions/stream");
  const { hash } = await create(a);
  await sees(list, hash, () => true);
  const cut =
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
  await execute(routers.databaseUrl, cut);
  // Behind everybody's back, and while nobody listens.
  await execute(routers.databaseUrl, `update sessions set description = 'written in the dark' where hash = '${hash}'`);
  await sees(list, hash, ({ description }) => description === "written in the dark");
  await b.waitFor(hash, "running");
  await eventually(
    async () => (await b.api("POST", `/api/sessions/${hash}/stop`)).status,
    (status) => status === 202,
  );
  await sees(list, hash, ({ state }) => state === "stopped");
  await a.api("DELETE", `/api/sessions/${hash}`);
  await b.waitFor(hash, "gone");
});

test("a router that is started again on its data folder goes on with its own sessions only", async () => {
  const [mine, others] = await Promise.all([create(a), create(b)]);
  await Promise.all([a.waitFor(mine.hash, "running"), b.waitFor(others.hash, "running")]);
  await a.end("SIGTERM");
  await a.start();
  await a.waitFor(mine.hash, "running");
  expect(await processesOf(a, mine.hash)).not.toEqual([]);
  expect(await processesOf(b, mine.hash)).toEqual([]);
  expect(await processesOf(a, others.hash)).toEqual([]);
  expect((await b.onSession(others.hash, "/session")).status).toBe(200);
  await Promise.all([mine, others].map(({ hash }) => b.api("DELETE", `/api/sessions/${hash}`)));
  await Promise.all([mine, others].map(({ hash }) => a.waitFor(hash, "gone")));
});
