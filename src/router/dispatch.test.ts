import { describe, expect, test } from "vitest";
import type { SessionState } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import { Secret } from "../lib/secret.ts";
import { NOT_SHARED } from "../sessions/shares.ts";
import type { SessionRecord } from "../sessions/store.ts";
import { FailureLimit } from "./auth/failure-limit.ts";
import { loadConfig } from "./config.ts";
import { dispatchAttach, dispatchPublic, type Asked, type DispatchContext } from "./dispatch.ts";

const HASH = "0123456789ab" as SessionHash;
const EDGE = "0123456789abcdef";
const PASSWORD = `${HASH}.${"p".repeat(43)}`;
const record = { hash: HASH, owner: "alice@example.org" } as SessionRecord;

function context(env: Record<string, string> = {}, state: SessionState = "running"): DispatchContext {
  const result = loadConfig({ AUTH_MODE: "proxy", EDGE_SECRET: EDGE, ROUTER_DOMAIN: "example.org", ...env });
  if (!result.ok) throw new Error(result.problems.join("\n"));
  return {
    config: result.config,
    sessions: {
      get: (hash) => (hash === HASH ? record : undefined),
      state: () => state,
      failure: () => undefined,
      isHere: () => true,
      attachPassword: () => new Secret(PASSWORD),
      share: () => NOT_SHARED,
    },
    failures: new FailureLimit({ now: () => 0, sleep: () => Promise.resolve() }),
  };
}

const asked = (host: string, rest: Partial<Asked> = {}): Asked => ({
  method: "GET",
  url: "/",
  upgrade: false,
  from: "203.0.113.1",
  ...rest,
  headers: { host, ...rest.headers },
});

const edge = (email: string, more = {}) => ({ "x-edge-secret": EDGE, "x-auth-request-email": email, ...more });
const alice = edge("Alice@Example.org ");
const status = (route: ReturnType<typeof dispatchPublic>) => (route.to === "reject" ? route.problem.status : route.to);

test("a session that another router runs: who may use it is told so, and nobody else", () => {
  const here = context();
  const away = { ...here, sessions: { ...here.sessions, isHere: () => false } };
  const host = `${HASH}-oc.example.org`;
  const right = { authorization: `Basic ${Buffer.from(`x:${PASSWORD}`).toString("base64")}` };
  expect(dispatchPublic(asked(host, { headers: alice }), away)).toMatchObject({ problem: { code: "elsewhere" } });
  expect(dispatchAttach(asked(`attach-${host}`, { headers: right }), away)).toMatchObject({
    problem: { code: "elsewhere", status: 503 },
  });
  expect(status(dispatchPublic(asked(host, { headers: edge("bob@example.org") }), away))).toBe(404);
  expect(status(dispatchAttach(asked(`attach-${host}`), away))).toBe(401);
});

describe("public listener", () => {
  test.each([
    ["owner on the main host", "example.org", alice, "ui"],
    ["owner on the session host", `${HASH}-oc.example.org`, alice, "session"],
    ["owner on a port host", `5173-${HASH}-oc.example.org`, alice, "session"],
    ["owner on the ide host", `ide-${HASH}-oc.example.org`, alice, 501],
    ["another person", `${HASH}-oc.example.org`, edge("bob@example.org"), 404],
    ["another person on a port", `5173-${HASH}-oc.example.org`, edge("bob@example.org"), 404],
    ["another person on the ide", `ide-${HASH}-oc.example.org`, edge("bob@example.org"), 404],
    ["an unknown session", `ffffffffffff-oc.example.org`, alice, 404],
    ["nobody", `${HASH}-oc.example.org`, {}, 401],
    ["nobody, unknown session", `ffffffffffff-oc.example.org`, {}, 401],
    ["an identity without the edge", `${HASH}-oc.example.org`, { "x-auth-request-email": "alice@example.org" }, 401],
    ["a wrong edge secret", `${HASH}-oc.example.org`, { ...alice, "x-edge-secret": "fedcba9876543210" }, 401],
    ["the edge without an identity", "example.org", { "x-edge-secret": EDGE }, 401],
    ["two identities", "example.org", edge("alice@example.org, bob@example.org"), 401],
    ["an attach host", `attach-${HASH}-oc.example.org`, alice, 404],
    ["a foreign host", "evil.test", alice, 404],
  ])("%s", (_name, host, headers, expected) => {
    for (const upgrade of [false, true])
      expect(status(dispatchPublic(asked(host, { headers, upgrade }), context()))).toBe(expected);
  });

  test("the previous edge secret is good during a rotation", () => {
    const rotating = context({ EDGE_SECRET: "a-new-edge-secret", EDGE_SECRET_PREVIOUS: EDGE });
    expect(status(dispatchPublic(asked("example.org", { headers: alice }), rotating))).toBe("ui");
  });

  const origin = (value: string) => ({ headers: { ...alice, origin: value } });
  test.each([
    ["its own origin", `https://${HASH}-oc.example.org`, "session"],
    ["the main host", "https://example.org", "session"],
    ["a neighbour", "https://ffffffffffff-oc.example.org", 403],
    ["a port of its own", `https://5173-${HASH}-oc.example.org`, 403],
    ["plain http", `http://${HASH}-oc.example.org`, 403],
    ["an opaque origin", "null", 403],
  ])("a POST and an upgrade from %s", (_name, from, expected) => {
    const host = `${HASH}-oc.example.org`;
    expect(status(dispatchPublic(asked(host, { ...origin(from), method: "POST" }), context()))).toBe(expected);
    expect(status(dispatchPublic(asked(host, { ...origin(from), upgrade: true }), context()))).toBe(expected);
    expect(status(dispatchPublic(asked(host, origin(from)), context()))).toBe("session");
  });

  test("a stranger who opens a page of a dev server is led to the sign-in, once", () => {
    const env = { SIGN_IN_URL: "https://oauth.example.org/oauth2/start", SSO_COOKIE_NAME: "_team" };
    const port = `5173-${HASH}-oc.example.org`;
    const page = { "x-edge-secret": EDGE, accept: "text/html" };
    const ask = (headers: Record<string, string>, rest = {}) =>
      dispatchPublic(asked(port, { headers, url: "/a?b=c&d", ...rest }), context(env));
    const back = encodeURIComponent(`https://${port}/a?b=c&d`);
    expect(ask(page)).toEqual({ to: "sign-in", location: `https://oauth.example.org/oauth2/start?rd=${back}` });
    expect(status(ask({ ...page, cookie: "a=1; _team_0=x" }))).toBe(401);
    expect(status(ask({ ...page, "sec-fetch-mode": "cors" }))).toBe(401);
    expect(status(ask(page, { method: "POST" }))).toBe(401);
    expect(status(ask(page, { upgrade: true }))).toBe(401);
    expect(status(ask({ accept: "text/html" }))).toBe(401);
    expect(status(ask({ ...page, ...edge("bob@example.org") }))).toBe(404);
    expect(status(dispatchPublic(asked(port, { headers: page }), context()))).toBe(401);
  });

  const host = `${HASH}-oc.example.org`;
  test.each(["starting", "stopping", "stopped"] as const)(
    "a session that is %s is woken, by its owner only",
    (state) => {
      const ask = (headers: Record<string, string>, rest = {}) =>
        dispatchPublic(asked(host, { headers, ...rest }), context({}, state));
      expect(ask(alice)).toMatchObject({ to: "wake", ask: "request" });
      expect(ask({ ...alice, accept: "text/html,*/*" })).toMatchObject({ to: "wake", ask: "navigation" });
      expect(ask({ ...alice, accept: "text/html", "sec-fetch-mode": "cors" })).toMatchObject({ ask: "fetch" });
      expect(ask({ ...alice, "sec-fetch-mode": "cors" }, { method: "POST" })).toMatchObject({ ask: "request" });
      expect(ask({ ...alice, accept: "text/event-stream" })).toMatchObject({ to: "wake", ask: "passive" });
      expect(ask(alice, { url: "/global/event?x" })).toMatchObject({ to: "wake", ask: "passive" });
      expect(ask(alice, { url: "/api/health" })).toMatchObject({ to: "wake", ask: "passive" });
      expect(ask(alice, { url: "/global/health" })).toMatchObject({ to: "wake", ask: "request" });
      expect(ask({ ...alice, accept: "text/html" }, { method: "POST" })).toMatchObject({ ask: "request" });
      expect(ask({ ...alice, accept: "text/html" }, { upgrade: true })).toMatchObject({ ask: "request" });
      // Refusals come first: they wake nothing and tell nothing of the state.
      expect(status(ask(edge("bob@example.org")))).toBe(404);
      expect(status(ask({}))).toBe(401);
      expect(status(ask({ ...alice, origin: "https://evil.test" }, { method: "POST" }))).toBe(403);
    },
  );

  test("a failed session is not tried again by a request; a browser is told why", () => {
    const failed = context({}, "failed");
    expect(status(dispatchPublic(asked(host, { headers: alice }), failed))).toBe(503);
    const browser = { headers: { ...alice, accept: "text/html" } };
    expect(dispatchPublic(asked(host, browser), failed)).toMatchObject({ to: "wake", ask: "navigation" });
    expect(status(dispatchPublic(asked(host, { headers: alice }), context({}, "deleting")))).toBe(404);
  });

  test("the events of a start are the owner's", () => {
    const url = "/.well-known/opencode-router/start";
    expect(status(dispatchPublic(asked(host, { headers: alice, url }), context()))).toBe("start-events");
    expect(status(dispatchPublic(asked(host, { headers: edge("bob@example.org"), url }), context()))).toBe(404);
  });

  test("local mode knows one person, and only our hosts", () => {
    const local = context({ AUTH_MODE: "local", LOCAL_EMAIL: "alice@example.org", ROUTER_DOMAIN: "" });
    expect(status(dispatchPublic(asked(`${HASH}-oc.localhost:3000`), local))).toBe("session");
    expect(status(dispatchPublic(asked("rebound.test:3000"), local))).toBe(404);
  });
});

describe("attach listener", () => {
  const host = `attach-${HASH}-oc.example.org`;
  const basic = (password: string) => ({
    authorization: `Basic ${Buffer.from(`opencode:${password}`).toString("base64")}`,
  });
  test.each([
    ["Basic", { headers: basic(PASSWORD) }, "session"],
    ["its header", { headers: { "x-attach-password": PASSWORD } }, "session"],
    ["the query", { url: `/x?a=1&password=${encodeURIComponent(PASSWORD)}&b=2` }, "session"],
    ["nothing", {}, 401],
    ["a wrong one", { headers: basic(`${HASH}.${"q".repeat(43)}`) }, 401],
    ["an identity of the edge", { headers: alice }, 401],
  ])("password by %s", (_name, rest, expected) => {
    expect(status(dispatchAttach(asked(host, rest), context()))).toBe(expected);
  });

  test("the password is taken out of the path, all else stays", () => {
    const url = `/a%20b?x=1&password=${PASSWORD}&y=%26`;
    expect(dispatchAttach(asked(host, { url }), context())).toMatchObject({
      path: "/a%20b?x=1&y=%26",
      noReferrer: true,
    });
  });

  test("a host that names no session is routed by its password", () => {
    for (const other of ["127.0.0.1:4096", "example.org", "localhost:4096"]) {
      expect(status(dispatchAttach(asked(other, { headers: basic(PASSWORD) }), context()))).toBe("session");
      expect(status(dispatchAttach(asked(other), context()))).toBe(401);
    }
  });

  test("the hosts of the public listener are not served, even with the password", () => {
    for (const other of [`${HASH}-oc.example.org`, `5173-${HASH}-oc.example.org`, `ide-${HASH}-oc.example.org`])
      expect(status(dispatchAttach(asked(other, { headers: basic(PASSWORD) }), context()))).toBe(404);
  });

  test("the refusal tells opencode how to ask", () => {
    expect(dispatchAttach(asked(host), context())).toMatchObject({
      headers: { "www-authenticate": 'Basic realm="opencode"' },
    });
  });

  test("ten wrong passwords close the door for this address and session", () => {
    const shared = context();
    const wrong = { headers: basic(`${HASH}.${"q".repeat(43)}`) };
    for (let i = 0; i < 10; i += 1) expect(status(dispatchAttach(asked(host, wrong), shared))).toBe(401);
    expect(status(dispatchAttach(asked(host, wrong), shared))).toBe(429);
    expect(status(dispatchAttach(asked(host, { headers: basic(PASSWORD) }), shared))).toBe(429);
    const elsewhere = { headers: basic(PASSWORD), from: "203.0.113.2" };
    expect(status(dispatchAttach(asked(host, elsewhere), shared))).toBe("session");
  });
});
