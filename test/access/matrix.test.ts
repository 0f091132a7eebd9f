import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Session } from "../../src/contracts/session.ts";
import { SHARE_LEVELS, type ShareLevel } from "../../src/contracts/share.ts";
import { API, HOSTS, INTERNAL, PORT_HOSTS, type Role, type Row, type Verdict } from "../../src/router/access/table.ts";
import { call, eventually, open } from "../harness/http.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";
import { openSocket } from "../harness/web-socket.ts";
import { allowedOr, apiRows, askHost, askRoute } from "./ask.ts";
import { startEcho } from "../harness/in-session.ts";

const ALICE = "alice@example.org";
const BOB = "bob@example.org";
const EDGE = "edge-secret-of-the-tests";
const ADMIN_SECRET = "admin-secret-of-the-tests";
interface Identity {
  readonly headers: Readonly<Record<string, string>>;
  /** What the table calls somebody like this; undefined: they did not come through the edge, and are refused everywhere. */
  readonly role: Role | undefined;
}

const through = (email: string, more = {}) => ({ "x-edge-secret": EDGE, "x-auth-request-email": email, ...more });
const IDENTITIES: Record<string, Identity> = {
  owner: { headers: through("Alice@Example.org"), role: "owner" },
  "person named in a share": { headers: through(BOB), role: "named" },
  "somebody signed in": { headers: through("carol@example.org"), role: "signedIn" },
  "admin by list": { headers: through("root@example.org"), role: "admin" },
  "admin by group": { headers: through("dave@example.org", { "x-auth-request-groups": "a,operators" }), role: "admin" },
  nobody: { headers: { "x-edge-secret": EDGE }, role: "anonymous" },
  "forged headers": { headers: { "x-auth-request-email": ALICE, "x-forwarded-user": ALICE }, role: undefined },
  "forged headers with underscores": { headers: { x_edge_secret: EDGE, x_auth_request_email: ALICE }, role: undefined },
  "wrong edge secret": { headers: { ...through(ALICE), "x-edge-secret": `${EDGE}x` }, role: undefined },
  "two edge secrets": { headers: { ...through(ALICE), "x-edge-secret": `${EDGE}, ${EDGE}` }, role: undefined },
};

const verdict = (row: Row, role: Role | undefined): Verdict => (role ? row[role] : 401);

let router: TestRouter;
let hash: string;
let devPort: number;

beforeAll(async () => {
  router = await startRouter({
    auth: "proxy",
    env: {
      ADMIN_EMAILS: "root@example.org",
      ADMIN_GROUPS: "operators",
      ADMIN_SECRET,
      MAX_RUNNING_PER_USER: "50",
      MAX_SESSIONS_PER_USER: "50",
    },
  });
  hash = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>().hash;
  await router.waitFor(hash, "running");
  devPort = await startEcho(router, hash);
});
afterAll(() => router?.[Symbol.asyncDispose]());

const share = async (level: ShareLevel, more = {}) => {
  const people = level === "people" ? { people: [BOB] } : {};
  const body = { level, ...people, ...more };
  const answer = await router.api("PUT", `/api/sessions/${hash}/ports/${devPort}`, { body });
  expect(answer.status, answer.text).toBe(200);
};

describe.each(Object.entries(IDENTITIES))("%s", (_name, { headers, role }) => {
  // Only a port has people who are named for it.
  const plainRole = role === "named" ? "signedIn" : role;

  test("on the session's hosts", async () => {
    const session = verdict(HOSTS.session, plainRole);
    const plain = await call(router.ports.public, "/global/health", {
      headers: { host: router.sessionHost(hash), ...headers },
    });
    expect(allowedOr(plain.status)).toBe(session);
    const events = await open(router.ports.public, "/event", {
      headers: { host: router.sessionHost(hash), ...headers },
    });
    events.destroy();
    expect(allowedOr(events.statusCode ?? 0)).toBe(session);
    if (session !== "allow")
      expect(
        await openSocket(router.ports.public, "/pty/x/connect", { host: router.sessionHost(hash), ...headers }),
      ).toBe(session);
    const ide = await call(router.ports.public, "/", {
      headers: { host: `ide-${router.sessionHost(hash)}`, ...headers },
    });
    expect(allowedOr(ide.status)).toBe(verdict(HOSTS.ide, plainRole));
  });

  test.each(SHARE_LEVELS)("on a port of the level %s, over HTTP, SSE and WebSocket", async (level) => {
    await share(level);
    const expected = verdict(PORT_HOSTS[level], role);
    expect(await askHost(router, router.portHost(hash, devPort), headers)).toEqual([expected, expected, expected]);
  });

  test("on the main host and every route of the API", async () => {
    const host = router.mainHost();
    const page = await call(router.ports.public, "/", { headers: { host, ...headers } });
    expect(allowedOr(page.status)).toBe(verdict(HOSTS.main, plainRole));
    expect(await openSocket(router.ports.public, "/", { host, ...headers })).toBe(
      verdict(HOSTS.main, plainRole) === "allow" ? 404 : 401,
    );
    for (const [name, { row }] of apiRows()) {
      const ofSession = name.includes("{hash}");
      const expected = verdict(row, role === "owner" && !ofSession ? "signedIn" : plainRole);
      // What is carried out must not be what the other rows need.
      const own = expected === "allow" && ofSession && !/^(?:GET|PUT) /.test(name);
      const about = own ? (await router.api("POST", "/api/sessions", { body: {} })).json<Session>().hash : hash;
      expect([name, await askRoute(router, { name, hash: about, port: devPort, headers })]).toEqual([name, expected]);
      if (own) await router.api("DELETE", `/api/sessions/${about}`);
    }
  });

  test("on the attach and the internal listener is nobody", async () => {
    for (const host of [router.attachHost(hash), router.mainHost(), "127.0.0.1"]) {
      const answer = await call(router.ports.attach, "/session", { headers: { host, ...headers } });
      expect([host, answer.status]).toEqual([host, 401]);
      expect(await openSocket(router.ports.attach, "/pty/x/connect", { host, ...headers })).toBe(401);
    }
    expect(
      (await call(router.ports.attach, "/api/sessions", { headers: { host: router.sessionHost(hash), ...headers } }))
        .status,
    ).toBe(404);
    for (const [name, shown] of Object.entries(INTERNAL)) {
      const [method = "", path = ""] = name.split(" ");
      const answer = await call(router.ports.internal, path.replace("{hash}", hash), {
        method,
        headers: { host: "127.0.0.1", ...headers },
      });
      expect([name, answer.status]).toEqual([name, shown === "nothing" ? 200 : 401]);
    }
    for (const other of ["/api/sessions", "/api/me", "/", `/api/sessions/${hash}`])
      expect(
        (await call(router.ports.internal, other, { headers: { host: router.mainHost(), ...headers } })).status,
      ).toBe(404);
  });
});

test("every route of the API has a row, and every row a route", async () => {
  const { paths } = (await router.api("GET", "/api/openapi.json")).json<{ paths: Record<string, object> }>();
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(["GET /api/openapi.json", ...routes].toSorted()).toEqual(Object.keys(API).toSorted());
});

test("who shows an unknown access token is nobody, and after ten of them has to wait", async () => {
  const headers = { host: router.mainHost(), ...through(ALICE), authorization: "Bearer ocr_unknown" };
  const ask = async () => (await call(router.ports.public, "/api/sessions", { headers })).status;
  for (let guess = 0; guess < 10; guess += 1) expect(await ask()).toBe(401);
  expect(await ask()).toBe(429);
  expect((await router.api("GET", "/api/sessions")).status).toBe(200);
});

describe("somebody whose share is revoked", () => {
  const asBob = () => ({ host: router.portHost(hash, devPort), ...through(BOB) });

  test.each<[string, () => Promise<void>]>([
    ["by the owner", () => share("owner")],
    ["by another list of people", () => share("people", { people: ["carol@example.org"] })],
    ["by its end", () => Promise.resolve()],
  ])("%s is out at once, also of what is open", async (how, revoke) => {
    const ends = how === "by its end" ? { expiresAt: new Date(Date.now() + 3_000).toISOString() } : {};
    await share("people", ends);
    const socket = await openSocket(router.ports.public, "/socket", asBob());
    if (!(socket instanceof WebSocket)) throw new Error(`refused with ${socket}`);
    const mine = await openSocket(router.ports.public, "/socket", { ...asBob(), ...through(ALICE) });
    if (!(mine instanceof WebSocket)) throw new Error(`refused with ${mine}`);
    await revoke();
    await eventually(
      () => Promise.resolve(socket.readyState),
      (state) => state === WebSocket.CLOSED,
    );
    expect(await askHost(router, router.portHost(hash, devPort), through(BOB))).toEqual([404, 404, 404]);
    // What the owner has open is not touched.
    expect(mine.readyState).toBe(WebSocket.OPEN);
    mine.close();
  });
});
