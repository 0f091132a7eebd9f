import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { START_EVENTS_PATH } from "../../src/contracts/names.ts";
import { startEcho } from "../harness/in-session.ts";
import { call, readEvents } from "../harness/http.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";

const BOB = "bob@example.org";
const CAROL = "carol@example.org";
let router: TestRouter;
let hash: string;
let devPort: number;

beforeAll(async () => {
  router = await startRouter({ auth: "proxy", env: { MAX_RUNNING_PER_USER: "1" } });
  hash = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>().hash;
  await router.waitFor(hash, "running");
  devPort = await startEcho(router, hash);
  const body = { level: "people", people: [BOB] };
  expect((await router.api("PUT", `/api/sessions/${hash}/ports/${devPort}`, { body })).status).toBe(200);
  await router.api("POST", `/api/sessions/${hash}/stop`);
  await router.waitFor(hash, "stopped");
});
afterAll(() => router?.[Symbol.asyncDispose]());

const onPort = (as: string, path: string, headers = {}) =>
  call(router.ports.public, path, {
    headers: { host: router.portHost(hash, devPort), ...router.identity(as), ...headers },
  });

test("whoever may not use the port neither wakes the session nor counts as activity", async () => {
  const before = await router.session(hash);
  for (const accept of ["text/html", "*/*", "text/event-stream"])
    expect((await onPort(CAROL, "/", { accept })).status).toBe(404);
  expect((await onPort(CAROL, START_EVENTS_PATH)).status).toBe(404);
  const after = await router.session(hash);
  expect([after.state, after.lastActivity]).toEqual(["stopped", before.lastActivity]);
});

test("somebody who is named gets the waiting page, and nothing of the owner's repository or conversations", async () => {
  const page = await onPort(BOB, "/", { accept: "text/html" });
  expect(page.status).toBe(200);
  expect(page.text).toContain("<!doctype html>");
  expect(page.text).not.toContain(`/sessions/${hash}`);
  const events = await readEvents(router.ports.public, START_EVENTS_PATH, {
    headers: { host: router.portHost(hash, devPort), ...router.identity(BOB) },
  });
  expect(events.at(-1)).toEqual(expect.objectContaining({ event: "complete", data: { url: "/" } }));
  expect((await router.session(hash)).state).toBe("running");
  // The dev server is a process of the session: it has to be started again.
  expect((await onPort(BOB, "/")).status).toBe(502);
});

test("a deleted session's shares go with it", async () => {
  expect((await router.api("DELETE", `/api/sessions/${hash}`)).status).toBe(204);
  await router.waitFor(hash, "gone" as Session["state"]);
  expect((await onPort(BOB, "/")).status).toBe(404);
});
