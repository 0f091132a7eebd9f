import { describe, expect, test } from "vitest";
import type { Email } from "../contracts/email.ts";
import type { ProblemError } from "../contracts/problem.ts";
import { CreateToken } from "../contracts/token.ts";
import { silentLog } from "../lib/log.ts";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { MemoryTokens } from "../../test/harness/memory-people.ts";
import { Tokens } from "./tokens.ts";

const ALICE = "alice@example.org" as Email;
const BOB = "bob@example.org" as Email;
const MINUTE = 60_000;

function open() {
  const clock = new FakeClock();
  const repository = new MemoryTokens();
  return { clock, repository, tokens: new Tokens({ repository, clock, log: silentLog }) };
}

const wish = (change: Partial<CreateToken> = {}): CreateToken => ({ name: "laptop", scopes: ["read"], ...change });
const refusal = (made: Promise<unknown>) =>
  made.then(
    () => expect.unreachable("it was made"),
    (error: ProblemError) => [error.problem.code, error.problem.detail],
  );

describe("a personal access token", () => {
  test("stands for its owner with its scopes, and is kept as a hash only", async () => {
    const { tokens, repository } = open();
    const made = await tokens.create(ALICE, wish({ scopes: ["read", "turns"] }));
    expect(made.token).toMatch(/^ocr_[A-Za-z0-9_-]{43}$/);
    expect(await tokens.find(made.token)).toEqual({ id: made.id, owner: ALICE, scopes: ["read", "turns"] });
    const stored = JSON.stringify(repository.records);
    expect(stored).toContain(made.id);
    expect(stored).not.toContain(made.token.slice(4));
    expect(JSON.stringify(await tokens.list(ALICE))).not.toMatch(/ocr_|hash/);
  });

  test("no two are the same, and what is almost one is none", async () => {
    const { tokens } = open();
    const [one, two] = [await tokens.create(ALICE, wish()), await tokens.create(ALICE, wish())];
    expect(one.token).not.toBe(two.token);
    const { token } = one;
    const last = token.endsWith("A") ? "B" : "A";
    for (const other of [token.slice(0, -1) + last, token.slice(4), `${token}A`, token.toUpperCase(), "ocr_", ""])
      expect(await tokens.find(other)).toBeUndefined();
  });

  test("is worth nothing once it is revoked, which only its owner can do", async () => {
    const { tokens } = open();
    const { id, token } = await tokens.create(ALICE, wish());
    expect(await tokens.revoke(BOB, id)).toBeUndefined();
    expect(await tokens.find(token)).toBeDefined();
    expect(await tokens.revoke(ALICE, id)).toMatchObject({ id, name: "laptop" });
    expect(await tokens.find(token)).toBeUndefined();
    expect(await tokens.revoke(ALICE, id)).toBeUndefined();
    expect(await tokens.list(ALICE)).toEqual([]);
  });

  test("ends at its expiry, in any time zone, which must be in the future", async () => {
    const { tokens, clock } = open();
    const at = new Date(clock.now() + MINUTE);
    const shifted = `${new Date(at.getTime() + 2 * 60 * MINUTE).toISOString().slice(0, -1)}+02:00`;
    const { token, expiresAt } = await tokens.create(ALICE, wish({ expiresAt: shifted }));
    expect(expiresAt).toBe(at.toISOString());
    await clock.pass(MINUTE - 1);
    expect(await tokens.find(token)).toBeDefined();
    await clock.pass(1);
    expect(await tokens.find(token)).toBeUndefined();
    expect(await tokens.list(ALICE)).toHaveLength(1);
    const now = new Date(clock.now()).toISOString();
    expect(await refusal(tokens.create(ALICE, wish({ expiresAt: now })))).toEqual([
      "invalid_request",
      expect.stringMatching(/in the past/),
    ]);
  });

  test("notes its last use, at most once a minute", async () => {
    const { tokens, clock, repository } = open();
    const { token } = await tokens.create(ALICE, wish());
    const lastUse = async () => (await tokens.list(ALICE))[0]?.lastUsedAt;
    expect(await lastUse()).toBeNull();
    const first = new Date(clock.now()).toISOString();
    await tokens.find(token);
    await clock.pass(MINUTE - 1);
    await tokens.find(token);
    expect(await lastUse()).toBe(first);
    await clock.pass(1);
    await tokens.find(token);
    expect(await lastUse()).toBe(new Date(clock.now()).toISOString());
    expect(repository.writes).toBe(2);
    repository.used = () => Promise.reject(new Error("the disk is full"));
    await clock.pass(MINUTE);
    expect(await tokens.find(token)).toBeDefined();
  });

  test("a person has 50 at most, also when many are made at once", async () => {
    const { tokens } = open();
    const made = await Promise.allSettled(Array.from({ length: 60 }, () => tokens.create(ALICE, wish())));
    expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(50);
    expect(await refusal(tokens.create(ALICE, wish()))).toEqual([
      "limit_reached",
      expect.stringMatching(/^You have 50/),
    ]);
    expect(await tokens.create(BOB, wish())).toBeDefined();
  });
});

describe("the body", () => {
  test.each([
    [{}],
    [{ name: "x", scopes: [] }],
    [{ name: "x", scopes: ["write"] }],
    [{ name: "", scopes: ["read"] }],
    [{ name: "  ", scopes: ["read"] }],
    [{ name: "x".repeat(101), scopes: ["read"] }],
    [{ name: "a\nb", scopes: ["read"] }],
    [{ name: "a\u2028b", scopes: ["read"] }],
    [{ name: "x", scopes: ["read"], expiresAt: "tomorrow" }],
    [{ name: "x", scopes: ["read"], expiresAt: "2030-01-01" }],
    [{ name: "x", scopes: ["read"], id: "mine" }],
  ])("%j is refused", (body) => {
    expect(CreateToken.safeParse(body).success).toBe(false);
  });

  test("names each scope once, in one order", () => {
    const body = { name: " Łódź 🦦 ", scopes: ["turns", "read", "turns"], expiresAt: null };
    expect(CreateToken.parse(body)).toEqual({ name: "Łódź 🦦", scopes: ["read", "turns"], expiresAt: null });
  });
});
