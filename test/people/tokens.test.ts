import { afterAll, beforeAll, expect, test } from "vitest";
import type { Problem } from "../../src/contracts/problem.ts";
import type { NewToken, Token } from "../../src/contracts/token.ts";
import { call } from "../harness/http.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";

const ALICE = "alice@example.org";
const BOB = "bob@example.org";
const ADMIN = "root@example.org";

let router: TestRouter;
beforeAll(async () => {
  router = await startRouter({ auth: "proxy", env: { ADMIN_EMAILS: ADMIN } });
});
afterAll(() => router?.[Symbol.asyncDispose]());

const make = (body: unknown, as = ALICE) => router.api("POST", "/api/user/tokens", { body, as });
const list = async (as = ALICE) =>
  (await router.api("GET", "/api/user/tokens", { as })).json<{ tokens: Token[] }>().tokens;

/** A request as a script makes it: through the edge, signed in by nothing but its token. */
const withToken = (token: string, path = "/api/me", method = "GET") => {
  const { "x-auth-request-email": _person, ...edge } = router.identity(ALICE);
  const headers = { ...edge, host: router.mainHost(), authorization: `Bearer ${token}` };
  return call(router.ports.public, path, { method, headers });
};

test("a token is shown once, stands for its owner, and is worth nothing at once when it is revoked", async () => {
  const answer = await make({ name: "laptop", scopes: ["read"] });
  expect(answer.status).toBe(201);
  const { token, ...listed } = answer.json<NewToken>();
  expect(token).toMatch(/^ocr_[A-Za-z0-9_-]{43}$/);
  expect(listed).toEqual({
    id: expect.any(String) as string,
    name: "laptop",
    scopes: ["read"],
    createdAt: expect.stringMatching(/Z$/) as string,
    expiresAt: null,
    lastUsedAt: null,
  });
  expect(await list()).toEqual([listed]);

  expect((await withToken(token)).json()).toMatchObject({ email: ALICE, admin: false });
  expect((await list())[0]?.lastUsedAt).toMatch(/Z$/);
  expect((await withToken(`${token.slice(0, -1)}_`)).status).toBe(401);

  const path = `/api/user/tokens/${listed.id}`;
  expect((await router.api("DELETE", path, { as: BOB })).status).toBe(404);
  expect((await withToken(token)).status).toBe(200);
  expect((await router.api("DELETE", path)).status).toBe(204);
  const refused = await withToken(token);
  expect([refused.status, refused.json<Problem>().detail]).toEqual([401, expect.stringMatching(/revoked.*\.$/)]);
  expect((await router.api("DELETE", path)).status).toBe(404);
  expect(router.output).not.toContain(token.slice(4));
});

test("it allows what its scopes say, and no token makes, lists or revokes tokens", async () => {
  const { token, id } = (await make({ name: "reader", scopes: ["read"] })).json<NewToken>();
  expect((await withToken(token, "/api/sessions")).status).toBe(200);
  expect((await withToken(token, "/api/sessions/0123456789ab/stop", "POST")).status).toBe(404);
  for (const [method, path] of [
    ["GET", "/api/user/tokens"],
    ["POST", "/api/user/tokens"],
    ["DELETE", `/api/user/tokens/${id}`],
    ["DELETE", "/api/user/secrets/A"],
    ["GET", "/api/admin/audit"],
  ] as const) {
    expect([path, (await withToken(token, path, method)).status]).toEqual([path, 403]);
  }
  expect(await list()).toHaveLength(1);
});

test("an expired one is refused, and stays in the list", async () => {
  const expiresAt = new Date(Date.now() + 4_000).toISOString();
  const { token, id } = (await make({ name: "short", scopes: ["read"], expiresAt }, BOB)).json<NewToken>();
  expect(await list(BOB)).toMatchObject([{ id, expiresAt }]);
  await expect.poll(async () => (await withToken(token)).status, { timeout: 30_000, interval: 500 }).toBe(401);
  expect(await list(BOB)).toHaveLength(1);
});

test("admin is for admins, and every other wrong wish is refused with a sentence", async () => {
  const refused = await make({ name: "x", scopes: ["read", "admin"] });
  expect([refused.status, refused.json<Problem>().detail]).toEqual([403, expect.stringMatching(/administrator.*\.$/)]);
  const { token } = (await make({ name: "ops", scopes: ["admin"] }, ADMIN)).json<NewToken>();
  expect((await withToken(token, "/api/admin/sessions")).status).toBe(200);

  for (const body of [
    {},
    { name: "x", scopes: [] },
    { name: "x", scopes: ["write"] },
    { name: "a\u0007b", scopes: ["read"] },
    { name: "x".repeat(101), scopes: ["read"] },
    { name: "x", scopes: ["read"], expiresAt: "2020-01-01T00:00:00Z" },
    { name: "x", scopes: ["read"], token: "ocr_mine" },
  ]) {
    const answer = await make(body);
    expect([body, answer.status]).toEqual([body, 400]);
    expect(answer.json<Problem>().detail.length).toBeGreaterThan(5);
  }
});
