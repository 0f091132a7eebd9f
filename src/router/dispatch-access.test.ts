import { describe, expect, test } from "vitest";
import type { Email } from "../contracts/email.ts";
import { problem } from "../contracts/problem.ts";
import { SHARE_LEVELS } from "../contracts/share.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import { Secret } from "../lib/secret.ts";
import type { Share } from "../sessions/shares.ts";
import type { SessionRecord } from "../sessions/store.ts";
import { API, HOSTS, PORT_HOSTS, ROLES, type Role } from "./access/table.ts";
import { FailureLimit } from "./auth/failure-limit.ts";
import { loadConfig } from "./config.ts";
import { dispatchPublic, type Asked, type DispatchContext, type Route } from "./dispatch.ts";

const HASH = "0123456789ab" as SessionHash;
const EDGE = "0123456789abcdef";
const record = { hash: HASH, owner: "alice@example.org" } as SessionRecord;

const IDENTITIES: Record<Role, Record<string, string>> = {
  owner: { "x-auth-request-email": "Alice@example.org" },
  named: { "x-auth-request-email": "bob@example.org" },
  signedIn: { "x-auth-request-email": "carol@example.org" },
  admin: { "x-auth-request-email": "root@example.org", "x-auth-request-groups": "staff, operators" },
  anonymous: {},
};

function context(share: Share): DispatchContext {
  const env = { AUTH_MODE: "proxy", EDGE_SECRET: EDGE, ROUTER_DOMAIN: "example.org", ADMIN_GROUPS: "operators" };
  const result = loadConfig(env);
  if (!result.ok) throw new Error(result.problems.join("\n"));
  return {
    config: result.config,
    sessions: {
      get: (hash) => (hash === HASH ? record : undefined),
      state: () => "running",
      failure: () => undefined,
      isHere: () => true,
      attachPassword: () => new Secret("unused"),
      share: () => share,
    },
    failures: new FailureLimit({ now: () => 0, sleep: () => Promise.resolve() }),
  };
}

const share = (level: Share["level"]): Share => ({
  level,
  people: level === "people" ? ["bob@example.org" as Email] : [],
  expiresAt: null,
});

function ask(host: string, rest: Partial<Asked> = {}, level: Share["level"] = "owner"): Route {
  const headers = { host, "x-edge-secret": EDGE, ...rest.headers };
  return dispatchPublic(
    { method: "GET", url: "/", upgrade: false, from: "203.0.113.1", ...rest, headers },
    context(share(level)),
  );
}

const outcome = (route: Route): string | number => (route.to === "reject" ? route.problem.status : "allow");

describe.each(ROLES)("%s", (role) => {
  const ways = [
    { name: "HTTP", rest: { headers: IDENTITIES[role] } },
    { name: "WebSocket", rest: { headers: IDENTITIES[role], upgrade: true } },
    { name: "SSE", rest: { headers: { ...IDENTITIES[role], accept: "text/event-stream" } } },
  ];

  test.each(ways)("on every host, over $name, is treated as the table says", ({ rest }) => {
    // Nobody is named for anything but a port.
    const plain = role === "named" ? "signedIn" : role;
    expect(outcome(ask("example.org", rest))).toBe(HOSTS.main[plain]);
    expect(outcome(ask(`${HASH}-oc.example.org`, rest))).toBe(HOSTS.session[plain]);
    const ide = outcome(ask(`ide-${HASH}-oc.example.org`, rest));
    expect(ide === 501 ? "allow" : ide).toBe(HOSTS.ide[plain]);
    for (const level of SHARE_LEVELS)
      expect([level, outcome(ask(`5173-${HASH}-oc.example.org`, rest, level))]).toEqual([
        level,
        PORT_HOSTS[level][role],
      ]);
  });

  test.each(ways)("without the edge's secret is nobody, over $name", ({ rest }) => {
    for (const secret of ["", "fedcba9876543210"])
      for (const host of ["example.org", `${HASH}-oc.example.org`, `5173-${HASH}-oc.example.org`]) {
        const headers = { ...rest.headers, "x-edge-secret": secret };
        expect([host, outcome(ask(host, { ...rest, headers }, "public"))]).toEqual([host, 401]);
      }
  });

  test("of a session that does not exist learns nothing", () => {
    for (const host of ["ffffffffffff-oc.example.org", "5173-ffffffffffff-oc.example.org"])
      for (const level of SHARE_LEVELS)
        expect(outcome(ask(host, { headers: IDENTITIES[role] }, level))).toBe(role === "anonymous" ? 401 : 404);
  });

  test("on every route of the API is treated as the table says", () => {
    for (const [name, { row }] of Object.entries(API)) {
      const [method = "", path = ""] = name.split(" ");
      const ofSession = path.includes("{hash}");
      const url = path.replace("{hash}", HASH).replaceAll(/\{\w+\}/g, "5173");
      // Without an owner and people who are named, those two are people who signed in.
      const seen = role === "named" || (role === "owner" && !ofSession) ? "signedIn" : role;
      const route = ask("example.org", { method, url, headers: IDENTITIES[role] });
      expect([name, outcome(route)]).toEqual([name, row[seen]]);
      if (route.to === "api")
        expect([route.entrance, route.record?.hash]).toEqual([name, ofSession ? HASH : undefined]);
    }
  });
});

test("a port that is public takes calls from pages of any origin; no other level does", () => {
  const foreign = { method: "POST", headers: { ...IDENTITIES.owner, origin: "https://elsewhere.test" } };
  for (const level of SHARE_LEVELS)
    expect(outcome(ask(`5173-${HASH}-oc.example.org`, foreign, level))).toBe(level === "public" ? "allow" : 403);
});

test("the API takes changes from its own page only", () => {
  const post = (headers: Record<string, string>) =>
    outcome(ask("example.org", { method: "POST", url: "/api/sessions", headers: { ...IDENTITIES.owner, ...headers } }));
  expect(post({})).toBe("allow");
  expect(post({ origin: "https://example.org" })).toBe("allow");
  expect(post({ origin: `https://${HASH}-oc.example.org` })).toBe(403);
  expect(post({ "sec-fetch-site": "same-site" })).toBe(403);
});

describe("a personal access token", () => {
  const bearer = { authorization: "Bearer ocr_abc" };
  const grant = { owner: "alice@example.org" as Email, scopes: ["read"] as const };
  const withToken = (rest: Partial<Asked>) => ask("example.org", { url: "/api/sessions", headers: bearer, ...rest });

  test("is looked up before anything is decided", () => {
    expect(withToken({})).toMatchObject({ to: "check-token", token: "ocr_abc" });
    expect(withToken({ headers: { ...bearer, ...IDENTITIES.owner } })).toMatchObject({ to: "check-token" });
  });

  test("stands for its owner, whoever else the edge saw", () => {
    const route = withToken({ token: grant, headers: { ...bearer, ...IDENTITIES.admin } });
    expect(route).toMatchObject({ to: "api", principal: { email: "alice@example.org", admin: false } });
    expect(outcome(withToken({ token: grant, url: `/api/sessions/${HASH}` }))).toBe("allow");
    expect(outcome(withToken({ token: grant, url: `/api/sessions/${HASH}/stop`, method: "POST" }))).toBe(403);
  });

  test("that is refused is not replaced by a sign-in", () => {
    const refused = withToken({
      token: problem("unauthenticated", "unknown"),
      headers: { ...bearer, ...IDENTITIES.owner },
    });
    expect(outcome(refused)).toBe(401);
  });

  test("is worth nothing without the edge, and on every other host", () => {
    expect(outcome(withToken({ token: grant, headers: { ...bearer, "x-edge-secret": "" } }))).toBe(401);
    for (const host of [`${HASH}-oc.example.org`, `5173-${HASH}-oc.example.org`, "example.org"])
      expect(outcome(ask(host, { headers: bearer, token: grant }))).toBe(401);
  });
});

test.each(["http://example.org/api/me", "*", "example.org:443"])("the target %s is refused", (url) => {
  expect(outcome(ask("example.org", { url, headers: IDENTITIES.owner }))).toBe(400);
  expect(outcome(ask(`${HASH}-oc.example.org`, { url, headers: IDENTITIES.owner }))).toBe(400);
});

test("what the API does not know is told, with the methods that it knows", () => {
  expect(outcome(ask("example.org", { url: "/api/nothing", headers: IDENTITIES.owner }))).toBe(404);
  const wrong = ask("example.org", { url: "/api/me", method: "DELETE", headers: IDENTITIES.owner });
  expect(wrong).toMatchObject({ problem: { status: 405 }, headers: { allow: "GET" } });
});
