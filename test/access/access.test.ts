import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Session } from "../../src/contracts/session.ts";
import { call, eventually, readEvents } from "../harness/http.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";
import { nextMessage, openSocket } from "../harness/web-socket.ts";
import type { Echo } from "../programs/echo-server.ts";
import { runInSession, startEcho } from "../harness/in-session.ts";

const ALICE = "alice@example.org";
const EDGE = "edge-secret-of-the-tests";

let router: TestRouter;
let hash: string;
let devPort: number;

beforeAll(async () => {
  router = await startRouter({ auth: "proxy" });
  const created = await router.api("POST", "/api/sessions", { body: {} });
  ({ hash } = created.json<Session>());
  await router.waitFor(hash, "running");
  devPort = await startEcho(router, hash);
});

afterAll(async () => {
  await router?.[Symbol.asyncDispose]();
});

/** Who asks, as the headers that arrive at the router. */
const strangers: Record<string, Record<string, string>> = {
  "another person": { "x-edge-secret": EDGE, "x-auth-request-email": "bob@example.org" },
  "a forged identity": { "x-auth-request-email": ALICE },
  "a forged identity with underscores": { x_auth_request_email: ALICE, x_edge_secret: EDGE },
  "a wrong edge secret": { "x-edge-secret": "edge-secret-of-the-testz", "x-auth-request-email": ALICE },
  nobody: {},
};

const routes = (): [string, string][] => [
  ["GET", `/api/sessions/${hash}`],
  ["GET", `/api/sessions/${hash}/events`],
  ["GET", `/api/sessions/${hash}/progress/stream`],
  ["GET", `/api/sessions/${hash}/attach-info`],
  ["POST", `/api/sessions/${hash}/attach-password`],
  ["GET", `/api/sessions/${hash}/status`],
  ["POST", `/api/sessions/${hash}/resume`],
  ["POST", `/api/sessions/${hash}/stop`],
  ["DELETE", `/api/sessions/${hash}`],
];
const mainRoutes: [string, string][] = [
  ["GET", "/"],
  ["GET", "/api/me"],
  ["GET", "/api/sessions"],
  ["POST", "/api/sessions"],
  ["GET", "/api/sessions/stream"],
  ["GET", "/api/sessions/suggest-branch"],
  ["GET", "/api/openapi.json"],
];
const hosts = (): string[] => [
  router.sessionHost(hash),
  router.portHost(hash, devPort),
  `ide-${hash}-oc.localhost:${router.ports.public}`,
];

describe.each(Object.entries(strangers))("%s", (who, headers) => {
  const signedIn = who === "another person";

  test("is refused on every route of the session", async () => {
    for (const [method, path] of routes()) {
      const answer = await call(router.ports.public, path, {
        method,
        headers: { host: router.mainHost(), ...headers },
      });
      expect([method, path, answer.status]).toEqual([method, path, signedIn ? 403 : 401]);
      expect(answer.headers["content-type"]).toBe("application/problem+json");
    }
  });

  test("is refused on every host, over HTTP and WebSocket", async () => {
    for (const host of hosts()) {
      const answer = await call(router.ports.public, "/event", { headers: { host, ...headers } });
      expect([host, answer.status]).toEqual([host, signedIn ? 404 : 401]);
      expect(await openSocket(router.ports.public, "/pty/x/connect", { host, ...headers })).toBe(answer.status);
    }
  });

  test("is refused on the attach listener", async () => {
    for (const host of [router.attachHost(hash), router.mainHost(), "127.0.0.1"]) {
      const answer = await call(router.ports.attach, "/session", { headers: { host, ...headers } });
      expect(answer.status).toBe(401);
      expect(answer.headers["www-authenticate"]).toBe('Basic realm="opencode"');
      expect(await openSocket(router.ports.attach, "/pty/x/connect", { host, ...headers })).toBe(401);
    }
  });

  test("is refused on the internal listener", async () => {
    const path = `/internal/sessions/${hash}/report`;
    const options = {
      method: "POST",
      headers: { host: "127.0.0.1", "content-type": "application/json", ...headers },
      body: "{}",
    };
    expect((await call(router.ports.internal, path, options)).status).toBe(401);
    for (const other of ["/api/sessions", "/", `/session/x`])
      expect(
        (await call(router.ports.internal, other, { headers: { host: router.mainHost(), ...headers } })).status,
      ).toBe(404);
  });
});

test.each(Object.entries(strangers).filter(([who]) => who !== "another person"))(
  "%s is refused on every other route",
  async (_who, headers) => {
    for (const [method, path] of mainRoutes) {
      const answer = await call(router.ports.public, path, {
        method,
        headers: { host: router.mainHost(), ...headers },
      });
      expect([method, path, answer.status]).toEqual([method, path, 401]);
    }
  },
);

test("another person sees an empty list of their own, and none of the session", async () => {
  const answer = await router.api("GET", "/api/sessions", { as: "bob@example.org" });
  expect(answer.json()).toEqual({ email: "bob@example.org", sessions: [] });
  const [first] = await readEvents(router.ports.public, "/api/sessions/stream", {
    headers: { host: router.mainHost(), ...router.identity("bob@example.org") },
    until: () => true,
  });
  expect(first).toEqual({ event: "sessions", data: { email: "bob@example.org", sessions: [] } });
});

describe("what arrives in a session", () => {
  const credentials = () => ({
    ...router.identity(ALICE),
    "x-auth-request-access-token": "github-token-of-alice",
    "x-auth-request-user": "alice",
    "x-forwarded-access-token": "github-token-of-alice",
    X_Auth_Request_Access_Token: "github-token-of-alice",
    "x-forwarded-for": "10.1.1.1, 203.0.113.9",
    "x-admin-secret": "admin-secret-value",
    "x-attach-password": "attach-password-value",
    authorization: "Bearer ocr_personal-access-token",
    cookie: "_oauth2_proxy=sso-cookie-value; _oauth2_proxy_csrf=sso-cookie-value; app=mine",
  });
  const never = [
    EDGE,
    ALICE,
    "github-token-of-alice",
    "admin-secret-value",
    "attach-password-value",
    "ocr_personal-access-token",
    "sso-cookie-value",
  ];

  const expectClean = (seen: Echo): void => {
    const text = JSON.stringify(seen);
    for (const secret of never) expect(text).not.toContain(secret);
    const headers = new Map<string, string>();
    for (let i = 0; i + 1 < seen.rawHeaders.length; i += 2)
      headers.set(seen.rawHeaders[i]!.toLowerCase(), seen.rawHeaders[i + 1]!);
    expect(headers.get("cookie")).toBe("app=mine");
    expect(headers.has("authorization")).toBe(false);
    expect(headers.get("host")).toBe(`localhost:${devPort}`);
    expect(headers.get("x-forwarded-host")).toBe(router.portHost(hash, devPort));
    expect(headers.get("x-forwarded-proto")).toBe("http");
    // The edge appends the client that it saw; what a client wrote before it is not believed.
    expect(headers.get("x-forwarded-for")).toBe("203.0.113.9");
  };

  test("over HTTP no credential of ours, and the person's own cookie", async () => {
    const headers = { host: router.portHost(hash, devPort), ...credentials() };
    const answer = await call(router.ports.public, "/some/path?q=1", { headers });
    expect(answer.status, answer.text).toBe(200);
    expectClean(answer.json<Echo>());
    expect(answer.json<Echo>().url).toBe("/some/path?q=1");
    expect(answer.headers["set-cookie"]).toEqual(["app=1; Path=/"]);
  });

  test("over a WebSocket the same, and messages both ways", async () => {
    const headers = { host: router.portHost(hash, devPort), ...credentials() };
    const socket = await openSocket(router.ports.public, "/socket", headers);
    if (!(socket instanceof WebSocket)) throw new Error(`refused with ${socket}`);
    expectClean(JSON.parse(await nextMessage(socket)) as Echo);
    socket.send("ping");
    expect(await nextMessage(socket)).toBe("ping");
    socket.close();
  });

  test("opencode's own terminal works over the proxied WebSocket", async () => {
    const id = await runInSession(router, hash, ["/bin/sh"]);
    const headers = { host: router.sessionHost(hash), ...router.identity(ALICE) };
    const socket = await openSocket(router.ports.public, `/pty/${id}/connect`, headers);
    if (!(socket instanceof WebSocket)) throw new Error(`refused with ${socket}`);
    let screen = "";
    socket.on("message", (data) => {
      screen += String(data);
    });
    socket.send("echo it-is-$((40+2))\r");
    await eventually(
      () => Promise.resolve(screen),
      (text) => text.includes("it-is-42"),
    );
    socket.close();
  });

  test("a port where nothing listens is a sentence, and the agent's own port is no dev port", async () => {
    const status = (await router.api("GET", `/api/sessions/${hash}/status`)).json<{ ports: unknown[] }>();
    expect(Array.isArray(status.ports)).toBe(true);
    const nothing = await call(router.ports.public, "/", {
      headers: { host: router.portHost(hash, 65_535), ...router.identity(ALICE) },
    });
    expect(nothing.status).toBe(502);
    expect(nothing.json<{ detail: string }>().detail).toContain("Nothing listens");
  });
});

describe("attach", () => {
  const attachInfo = async () =>
    (await router.api("GET", `/api/sessions/${hash}/attach-info`)).json<{ attachPassword: string; command: string }>();
  const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`x:${password}`).toString("base64")}` });

  test("the password opens opencode by Basic, by header and by query, under any host", async () => {
    const { attachPassword } = await attachInfo();
    for (const host of [router.attachHost(hash), "127.0.0.1"]) {
      const ask = (path: string, headers = {}) => call(router.ports.attach, path, { headers: { host, ...headers } });
      expect((await ask("/global/health", basic(attachPassword))).json()).toMatchObject({ healthy: true });
      expect((await ask("/global/health", { "x-attach-password": attachPassword })).status).toBe(200);
      const byQuery = await ask(`/global/health?password=${attachPassword}`);
      expect(byQuery.status).toBe(200);
      expect(byQuery.headers["referrer-policy"]).toBe("no-referrer");
    }
  });

  test("a new password ends the old one and its open connections at once", async () => {
    const { attachPassword } = await attachInfo();
    const events = readEvents(router.ports.attach, "/event", {
      headers: { host: router.attachHost(hash), ...basic(attachPassword) },
    }).catch((cause: NodeJS.ErrnoException) => cause.code);
    await eventually(
      async () => (await call(router.ports.internal, "/metrics", { headers: { host: "127.0.0.1" } })).text,
      (text) => /opencode_router_open_exchanges 1\b/.test(text),
    );
    const rotated = await router.api("POST", `/api/sessions/${hash}/attach-password`);
    expect(rotated.status).toBe(200);
    expect(await events).toBe("ECONNRESET");
    const ask = (password: string) =>
      call(router.ports.attach, "/global/health", { headers: { host: router.attachHost(hash), ...basic(password) } });
    expect((await ask(attachPassword)).status).toBe(401);
    expect((await ask(rotated.json<{ attachPassword: string }>().attachPassword)).status).toBe(200);
  });
});
