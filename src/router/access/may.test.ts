import { describe, expect, test } from "vitest";
import type { Email } from "../../contracts/email.ts";
import type { Scope } from "../../contracts/token.ts";
import { NOT_SHARED } from "../../sessions/shares.ts";
import type { Principal } from "../auth/identify.ts";
import { apiRefusal, failureSentence, mayUsePort, refusal, roleOf } from "./may.ts";
import { API, HOSTS, PORT_HOSTS, ROLES, type Role } from "./table.ts";

const ALICE = "alice@example.org" as Email;
const BOB = "bob@example.org" as Email;
const person = (email: Email, more: Partial<Principal> = {}): Principal => ({
  email,
  name: undefined,
  admin: false,
  scopes: "all",
  githubToken: undefined,
  ...more,
});
const ofAlice = { owner: ALICE, named: [BOB] };

test.each<[string, Principal | undefined, Role]>([
  ["nobody", undefined, "anonymous"],
  ["the owner", person(ALICE), "owner"],
  ["an owner who is an admin", person(ALICE, { admin: true }), "owner"],
  ["somebody named", person(BOB), "named"],
  ["an admin who is named", person(BOB, { admin: true }), "named"],
  ["an admin", person("carol@example.org" as Email, { admin: true }), "admin"],
  ["anybody else", person("carol@example.org" as Email), "signedIn"],
])("%s has the nearest role", (_name, principal, role) => {
  expect(roleOf(principal, ofAlice)).toBe(role);
});

test("nobody owns what has no owner", () => {
  expect(roleOf(person(ALICE))).toBe("signedIn");
  expect(roleOf(person(ALICE, { admin: true }))).toBe("admin");
});

describe("the rows", () => {
  test("let the owner in to everything of a session, and strangers to nothing", () => {
    for (const row of [HOSTS.session, HOSTS.ide, PORT_HOSTS.owner])
      expect(ROLES.map((role) => refusal(row, role)?.status)).toEqual([undefined, 404, 404, 404, 401]);
  });

  test("of the share levels each let in those of the level before", () => {
    const allowed = Object.values(PORT_HOSTS).map((row) => ROLES.filter((role) => !refusal(row, role)));
    expect(allowed).toEqual([
      ["owner"],
      ["owner", "named"],
      ["owner", "named", "signedIn", "admin"],
      ["owner", "named", "signedIn", "admin", "anonymous"],
    ]);
  });

  test("of the API are closed to everybody who has not signed in", () => {
    for (const [name, { row }] of Object.entries(API)) expect([name, row.anonymous]).toEqual([name, 401]);
  });

  test("let admins see, stop and delete sessions, and nothing else of them", () => {
    const ofSessions = Object.entries(API).filter(([name]) => name.includes("{hash}"));
    const forAdmins = ofSessions.filter(([, { row }]) => row.admin === "allow").map(([name]) => name);
    expect(forAdmins).toEqual([
      "GET /api/sessions/{hash}",
      "DELETE /api/sessions/{hash}",
      "POST /api/sessions/{hash}/stop",
      "GET /api/sessions/{hash}/status",
    ]);
    for (const [name, { row }] of ofSessions)
      expect([name, row.owner, row.named, row.signedIn]).toEqual([name, "allow", 403, 403]);
  });
});

describe("a personal access token", () => {
  const asked = (name: keyof typeof API, scopes: readonly Scope[]) =>
    apiRefusal(API[name], "owner", person(ALICE, { scopes }))?.status;

  test("does what its scopes say", () => {
    expect(asked("GET /api/sessions/{hash}", ["read"])).toBeUndefined();
    expect(asked("POST /api/sessions/{hash}/stop", ["read"])).toBe(403);
    expect(asked("POST /api/sessions/{hash}/stop", ["sessions"])).toBeUndefined();
    expect(asked("GET /api/sessions/{hash}", ["turns"])).toBe(403);
  });

  test("for sessions may see what it may change", () => {
    expect(asked("GET /api/sessions/{hash}", ["sessions"])).toBeUndefined();
  });

  test("never makes, lists or removes tokens", () => {
    for (const name of ["GET /api/user/tokens", "POST /api/user/tokens", "DELETE /api/user/tokens/{id}"] as const)
      expect(asked(name, ["read", "sessions", "turns", "admin"])).toBe(403);
  });

  test("without its owner's being one makes nobody an admin", () => {
    const carol = person("carol@example.org" as Email, { scopes: ["admin"] });
    expect(apiRefusal(API["GET /api/admin/sessions"], roleOf(carol), carol)?.status).toBe(403);
    const admin = person("carol@example.org" as Email, { scopes: ["admin"], admin: true });
    expect(apiRefusal(API["GET /api/admin/sessions"], roleOf(admin), admin)).toBeUndefined();
  });
});

test("a port is used only as long as its share allows it", () => {
  const named = { ...NOT_SHARED, level: "people", people: [BOB] } as const;
  expect(mayUsePort(named, ALICE, person(BOB))).toBe(true);
  expect(mayUsePort({ ...named, people: [ALICE] }, ALICE, person(BOB))).toBe(false);
  expect(mayUsePort(NOT_SHARED, ALICE, person(BOB))).toBe(false);
  expect(mayUsePort(NOT_SHARED, ALICE, person(ALICE))).toBe(true);
  expect(mayUsePort({ ...NOT_SHARED, level: "public" }, ALICE, undefined)).toBe(true);
  expect(mayUsePort({ ...NOT_SHARED, level: "authenticated" }, ALICE, undefined)).toBe(false);
});

test("why a session failed is told to its owner alone", () => {
  const failure = { reason: "clone_failed", message: "git@secret.example refused." } as const;
  expect(failureSentence("owner", failure)).toContain("secret.example");
  for (const role of ROLES.filter((other) => other !== "owner"))
    expect(failureSentence(role, failure)).not.toContain("secret.example");
});
