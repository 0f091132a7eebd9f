import { chromium } from "@playwright/test";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Session } from "../../src/contracts/session.ts";
import { START_EVENTS_PATH } from "../../src/contracts/names.ts";
import { call, readEvents } from "../harness/http.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";

let router: TestRouter;
let hash: string;

beforeAll(async () => {
  router = await startRouter({ auth: "proxy" });
  ({ hash } = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>());
  await router.waitFor(hash, "running");
});
afterAll(() => router?.[Symbol.asyncDispose]());

beforeEach(async () => {
  await router.api("POST", `/api/sessions/${hash}/stop`);
  await router.waitFor(hash, "stopped");
});

const attachPassword = async (): Promise<string> =>
  (await router.api("GET", `/api/sessions/${hash}/attach-info`)).json<{ attachPassword: string }>().attachPassword;

describe("a stopped session", () => {
  test("is started by a request of its owner, which is held until it is answered", async () => {
    const answer = await router.onSession(hash, "/session");
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json<{ id: string }[]>()).toHaveLength(1);
    expect((await router.session(hash)).state).toBe("running");
  });

  test("is started by a POST, whose body arrives whole", async () => {
    const title = "x".repeat(100_000);
    const answer = await router.onSession(hash, "/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ title }),
    });
    expect(answer.json<{ title: string }>().title).toBe(title);
    const { id } = answer.json<{ id: string }>();
    expect((await router.onSession(hash, `/session/${id}`, { method: "DELETE" })).status).toBe(200);
  });

  test("is started by a WebSocket and by the attach listener", async () => {
    const headers = { host: router.sessionHost(hash), ...router.identity("alice@example.org") };
    const socket = new WebSocket(`ws://127.0.0.1:${router.ports.public}/pty/pty_none/connect`, { headers });
    // opencode leaves a socket to a terminal that is not there without an answer: it is cut below.
    socket.on("error", () => {});
    await router.waitFor(hash, "running");
    socket.terminate();
    await router.api("POST", `/api/sessions/${hash}/stop`);
    await router.waitFor(hash, "stopped");
    const attach = { host: router.attachHost(hash), "x-attach-password": await attachPassword() };
    expect((await call(router.ports.attach, "/global/health", { headers: attach })).json()).toMatchObject({
      healthy: true,
    });
  });

  test("is not started by anybody else, nor by a mere stream", async () => {
    const host = router.sessionHost(hash);
    const bob = router.identity("bob@example.org");
    for (const headers of [bob, {}, { "x-auth-request-email": "alice@example.org" }])
      expect((await call(router.ports.public, "/session", { headers: { host, ...headers } })).status).toBeGreaterThan(
        400,
      );
    const wrong = { host: router.attachHost(hash), "x-attach-password": `${hash}.wrong` };
    expect((await call(router.ports.attach, "/session", { headers: wrong })).status).toBe(401);
    const crossSite = { origin: "https://evil.test", "content-type": "text/plain" };
    expect((await router.onSession(hash, "/session", { method: "POST", headers: crossSite, body: "{}" })).status).toBe(
      403,
    );
    expect((await router.session(hash)).state).toBe("stopped");
  });

  test("gives a browser the waiting page, which tells of the start and becomes the session", async () => {
    const page = await router.onSession(hash, "/some/page", { headers: { accept: "text/html" } });
    expect([page.status, page.headers["cache-control"]]).toEqual([200, "no-store"]);
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(page.text).toContain(START_EVENTS_PATH);
    const events = await readEvents(router.ports.public, START_EVENTS_PATH, {
      headers: { host: router.sessionHost(hash), ...router.identity("alice@example.org") },
    });
    expect(events.at(-1)?.event).toBe("complete");
  });
});

test("a stream alone waits, and starts nothing", async () => {
  await using quick = await startRouter({ env: { WAKE_HOLD_SECONDS: "1" } });
  const created = (await quick.api("POST", "/api/sessions", { body: {} })).json<Session>();
  await quick.waitFor(created.hash, "running");
  await quick.api("POST", `/api/sessions/${created.hash}/stop`);
  await quick.waitFor(created.hash, "stopped");
  const stream = await quick.onSession(created.hash, "/event", { headers: { accept: "text/event-stream" } });
  expect([stream.status, stream.headers["retry-after"]]).toEqual([503, "5"]);
  expect((await quick.session(created.hash)).state).toBe("stopped");
});

test("a request that is held too long is told when to come back, and the start goes on", async () => {
  await using quick = await startRouter({ env: { WAKE_HOLD_SECONDS: "0" } });
  const created = (await quick.api("POST", "/api/sessions", { body: {} })).json<Session>();
  const answer = await quick.onSession(created.hash, "/session");
  expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "5"]);
  await quick.waitFor(created.hash, "running");
});

test("in a real browser the waiting page turns into opencode", async () => {
  await using local = await startRouter();
  const created = (await local.api("POST", "/api/sessions", { body: {} })).json<Session>();
  const { url } = await local.waitFor(created.hash, "running");
  await local.api("POST", `/api/sessions/${created.hash}/stop`);
  await local.waitFor(created.hash, "stopped");
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_BIN ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
  });
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    await page.goto(url ?? "");
    await page.getByText("Ask anything").waitFor({ timeout: 90_000 });
    expect(problems.filter((text) => text.includes("Content Security Policy"))).toEqual([]);
  } finally {
    await browser.close();
  }
});
