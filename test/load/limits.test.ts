import { request, type IncomingMessage } from "node:http";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Problem } from "../../src/contracts/problem.ts";
import type { Session } from "../../src/contracts/session.ts";
import { eventually, open, type Answer } from "../harness/http.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";
import { openSocket } from "../harness/web-socket.ts";
import { ListClient } from "./list-client.ts";
import { closeAll, openMany } from "./streams.ts";

const ALICE = "alice@example.org";
const BOB = "bob@example.org";
const PER_SESSION = 512;
const PER_PERSON = 2_048;
/** An event stream of opencode's own. */
const EVENTS = "/global/event";

let router: TestRouter;
let streams: IncomingMessage[] = [];

beforeAll(async () => {
  router = await startRouter({ auth: "proxy", env: { LOG_LEVEL: "info" } });
});
afterEach(async () => {
  await closeAll(streams);
  streams = [];
});
afterAll(() => router?.[Symbol.asyncDispose]());

test("a session has 512 open at once; the next is refused, other sessions go on, and what ends makes room", async () => {
  const [full, other] = [await runningSession(), await runningSession()];
  const headers = { host: router.sessionHost(full), ...router.identity(ALICE) };
  const { public: port } = router.ports;
  streams = await openMany(PER_SESSION, { port, path: EVENTS, headers });

  expectTooMany(await router.onSession(full, "/global/health"), PER_SESSION);
  expect(await openSocket(port, "/pty/none/connect", headers)).toBe(429);
  expect((await router.onSession(other, "/global/health")).status).toBe(200);
  expect((await router.api("GET", "/api/sessions")).status).toBe(200);

  await closeAll(streams.splice(0, 10));
  await eventually(
    () => router.onSession(full, "/global/health"),
    ({ status }) => status === 200,
  );
  streams.push(...(await openMany(9, { port, path: EVENTS, headers })));
});

test("what waits for a stopped session counts, too", async () => {
  const hash = await runningSession();
  await router.api("POST", `/api/sessions/${hash}/stop`);
  await router.waitFor(hash, "stopped");
  const headers = { host: router.sessionHost(hash), ...router.identity(ALICE) };
  // Nobody wakes a session by listening, so these wait.
  const waiting = Array.from({ length: PER_SESSION }, () =>
    request({ host: "127.0.0.1", port: router.ports.public, path: EVENTS, headers, agent: false })
      .on("error", () => {})
      .end(),
  );
  try {
    const refused = await eventually(
      () => router.onSession(hash, EVENTS),
      ({ status }) => status === 429,
    );
    expectTooMany(refused, PER_SESSION);
  } finally {
    for (const one of waiting) one.destroy();
  }
  await eventually(
    () => router.onSession(hash, "/global/health"),
    ({ status }) => status === 200,
  );
});

test("a person has 2,048 open at once; the next is refused, other people go on, and what ends makes room", async () => {
  const one = {
    port: router.ports.public,
    path: "/api/sessions/stream",
    headers: { host: router.mainHost(), ...router.identity(ALICE) },
  };
  const bob = await ListClient.open(router, BOB);
  streams = await openMany(PER_PERSON, one);

  expectTooMany(await router.api("GET", "/api/me"), PER_PERSON);
  const stream = await open(one.port, one.path, one);
  expect(stream.statusCode).toBe(429);
  stream.destroy();
  expect((await router.api("GET", "/api/me", { as: BOB })).status).toBe(200);
  const told = bob.next(({ sessions }) => sessions.length === 1);
  expect((await router.api("POST", "/api/sessions", { as: BOB, body: {} })).status).toBe(201);
  await told;
  await bob.close();

  await closeAll(streams.splice(0, 10));
  await eventually(
    () => router.api("GET", "/api/me"),
    ({ status }) => status === 200,
  );
  streams.push(...(await openMany(9, one)));
});

async function runningSession(): Promise<string> {
  const { hash } = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>();
  await router.waitFor(hash, "running");
  return hash;
}

/** The refusal says what is too much and what to do, and when to come again. */
function expectTooMany(answer: Answer, limit: number): void {
  expect([answer.status, answer.headers["content-type"]]).toEqual([429, "application/problem+json"]);
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
  expect(answer.json<Problem>()).toMatchObject({ code: "too_many_requests" });
  expect(answer.json<Problem>().detail).toMatch(new RegExp(`^${limit} .* are open\\. Close some first\\.$`));
}
