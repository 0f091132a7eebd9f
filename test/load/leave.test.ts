import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { eventually } from "../harness/http.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";
import { closeAll, gauge, openMany } from "./streams.ts";

const CLIENTS = 200;
const ALICE = "alice@example.org";

let router: TestRouter;
let hash: string;

beforeAll(async () => {
  router = await startRouter({ auth: "proxy", env: { LOG_LEVEL: "info" } });
  ({ hash } = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>());
  await router.waitFor(hash, "running");
});
afterAll(() => router?.[Symbol.asyncDispose]());

test.each([
  { what: "lists", on: "main", path: () => "/api/sessions/stream", metric: "opencode_router_listeners" },
  {
    what: "conversations",
    on: "main",
    path: () => `/api/sessions/${hash}/progress/stream`,
    metric: "opencode_router_listeners",
  },
  {
    what: "opencode's own events",
    on: "session",
    path: () => "/global/event",
    metric: "opencode_router_open_exchanges",
  },
])("200 clients read $what and leave: nothing of them is left", async ({ on, path, metric }) => {
  const host = on === "main" ? router.mainHost() : router.sessionHost(hash);
  const one = { port: router.ports.public, path: path(), headers: { host, ...router.identity(ALICE) } };
  // The first of a kind opens what stays, as a connection into the session.
  await closeAll(await openMany(1, one));
  const before = await atRest(metric);
  const streams = await openMany(CLIENTS, one);
  expect(await gauge(router, metric)).toBeGreaterThanOrEqual(before.waiting + CLIENTS);
  await closeAll(streams);
  await eventually(
    () => gauge(router, metric),
    (waiting) => waiting <= before.waiting,
  );
  await eventually(openFiles, (files) => files <= before.files);
});

/** What is open when nobody does anything. */
async function atRest(metric: string): Promise<{ waiting: number; files: number }> {
  const look = async () => ({ waiting: await gauge(router, metric), files: await openFiles() });
  let last = await look();
  return eventually(
    async () => {
      const before = last;
      last = await look();
      return before;
    },
    (before) => before.waiting === last.waiting && before.files === last.files,
  );
}

const openFiles = async (): Promise<number> => (await readdir(`/proc/${router.pid}/fd`)).length;
