import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { SHARE_LEVELS } from "../../src/contracts/share.ts";
import { call } from "../harness/http.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";
import { openSocket } from "../harness/web-socket.ts";
import { apiRows, askHost, askRoute } from "./ask.ts";
import { startEcho } from "../harness/in-session.ts";

/** Local mode: one person, whatever headers say, and only under our names. */

let router: TestRouter;
let hash: string;
let port: number;

beforeAll(async () => {
  router = await startRouter({ auth: "local", env: { MAX_RUNNING_PER_USER: "50" } });
  hash = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>().hash;
  await router.waitFor(hash, "running");
  port = await startEcho(router, hash);
});
afterAll(() => router?.[Symbol.asyncDispose]());

const CLAIMS: Record<string, Record<string, string>> = {
  "no claim": {},
  "another person's address": { "x-auth-request-email": "eve@example.org" },
  "a wrong edge secret": { "x-edge-secret": "wrong", "x-auth-request-email": "eve@example.org" },
};

test.each(Object.entries(CLAIMS))("with %s is let in to everything of theirs", async (_name, headers) => {
  const me = await call(router.ports.public, "/api/me", { headers: { host: router.mainHost(), ...headers } });
  expect(me.json()).toMatchObject({ email: "local@localhost" });
  for (const [name] of apiRows()) {
    const own = name.includes("{hash}") && !/^(?:GET|PUT) /.test(name);
    const about = own ? (await router.api("POST", "/api/sessions", { body: {} })).json<Session>().hash : hash;
    expect([name, await askRoute(router, { name, hash: about, port, headers })]).toEqual([name, "allow"]);
    if (own) await router.api("DELETE", `/api/sessions/${about}`);
  }
  for (const level of SHARE_LEVELS) {
    const people = level === "people" ? { people: ["bob@example.org"] } : {};
    await router.api("PUT", `/api/sessions/${hash}/ports/${port}`, { body: { level, ...people } });
    expect(await askHost(router, router.portHost(hash, port), headers)).toEqual(["allow", "allow", "allow"]);
  }
  const opencode = await call(router.ports.public, "/global/health", {
    headers: { host: router.sessionHost(hash), ...headers },
  });
  expect(opencode.status).toBe(200);
});

test("with an access token that is wrong is nobody", async () => {
  const headers = { host: router.mainHost(), authorization: "Bearer ocr_unknown" };
  expect((await call(router.ports.public, "/api/sessions", { headers })).status).toBe(401);
});

test("is not let in by a name that is not ours, nor by the other listeners", async () => {
  const unknown = `ffffffffffff-oc.localhost:${router.ports.public}`;
  for (const host of ["evil.test", "127.0.0.1", `localhost.evil.test:${router.ports.public}`, unknown])
    expect([host, await askHost(router, host, {})]).toEqual([host, [404, 404, 404]]);
  expect((await call(router.ports.attach, "/session", { headers: { host: router.attachHost(hash) } })).status).toBe(
    401,
  );
  expect(await openSocket(router.ports.attach, "/pty/x/connect", { host: router.attachHost(hash) })).toBe(401);
  for (const path of ["/api/sessions", "/", `/api/sessions/${hash}`])
    expect((await call(router.ports.internal, path, { headers: { host: router.mainHost() } })).status).toBe(404);
});
