import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuditEntry } from "../../src/contracts/audit.ts";
import type { Session } from "../../src/contracts/session.ts";
import { eventually } from "../harness/http.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";

const ALICE = "alice@example.org";
const BOB = "bob@example.org";
const ADMIN = "root@example.org";

let router: TestRouter;
beforeAll(async () => {
  router = await startRouter({ auth: "proxy", env: { ADMIN_EMAILS: ADMIN } });
});
afterAll(() => router?.[Symbol.asyncDispose]());

interface Page {
  readonly entries: AuditEntry[];
  readonly next: string | null;
}

const page = async (query = "") => (await router.api("GET", `/api/admin/audit${query}`, { as: ADMIN })).json<Page>();

const shortly = ({ actor, action, subject, detail }: AuditEntry) =>
  [actor.split("@")[0], action, subject, ...(detail === undefined ? [] : [detail])].join(" ");

/** The entries are written beside the answers, so the last may come a moment later. */
const entries = (count: number) =>
  eventually(
    async () => (await page()).entries.map(shortly),
    (seen) => seen.length >= count,
  );

test("who did what is recorded, and only admins see it", async () => {
  const { hash } = (await router.api("POST", "/api/sessions", { body: {}, as: ALICE })).json<Session>();
  const act = (method: string, path: string, as = ALICE, body?: unknown) =>
    router.api(method, `/api/sessions/${hash}${path}`, { as, ...(body === undefined ? {} : { body }) });
  await act("POST", "/attach-password");
  await act("PUT", "/ports/5173", ALICE, { level: "people", people: [BOB] });
  expect((await act("POST", "/stop", BOB)).status).toBe(403);
  expect((await act("POST", "/stop", ADMIN)).status).toBe(202);
  await act("POST", "/resume");
  await router.api("PUT", "/api/user/secrets/MY_TOKEN", { as: BOB, body: { value: "not-for-the-audit" } });
  await router.api("DELETE", "/api/user/secrets/MY_TOKEN", { as: BOB });
  const { id, token } = (
    await router.api("POST", "/api/user/tokens", { as: BOB, body: { name: "ci", scopes: ["turns", "read"] } })
  ).json<{ id: string; token: string }>();
  await router.api("DELETE", `/api/user/tokens/${id}`, { as: BOB });
  const all = await router.api("GET", "/api/admin/sessions", { as: ADMIN });
  expect(all.json<{ sessions: Session[] }>().sessions).toMatchObject([{ hash, owner: ALICE }]);
  await act("DELETE", "", ADMIN);

  expect((await entries(10)).toReversed()).toEqual([
    `alice session.created ${hash} blank project`,
    `alice session.attach_password_rotated ${hash}`,
    `alice session.port_shared ${hash} port 5173: people ${BOB}`,
    `root session.stopped ${hash} session of ${ALICE}`,
    `alice session.resumed ${hash}`,
    "bob secret.set MY_TOKEN",
    "bob secret.removed MY_TOKEN",
    `bob token.created ${id} ci: read turns`,
    `bob token.revoked ${id} ci`,
    `root session.deleted ${hash} session of ${ALICE}`,
  ]);
  expect(JSON.stringify(await page())).not.toMatch(new RegExp(`not-for-the-audit|${token}`));
  for (const path of ["/api/admin/audit", "/api/admin/sessions"])
    expect([path, (await router.api("GET", path, { as: ALICE })).status]).toEqual([path, 403]);
});

test("it comes in pages, and outlives the router", async () => {
  const before = await page("?limit=500");
  await router.end("SIGTERM");
  await router.start();
  expect(await page("?limit=500")).toEqual(before);
  const seen: AuditEntry[] = [];
  let next: string | null = "";
  while (next !== null) {
    const part: Page = await page(next === "" ? "?limit=3" : `?limit=3&before=${next}`);
    expect(part.entries.length).toBeLessThanOrEqual(3);
    seen.push(...part.entries);
    next = part.next;
  }
  expect(seen).toEqual(before.entries);
  for (const query of ["?limit=0", "?limit=501", "?limit=x", "?before=x"])
    expect((await router.api("GET", `/api/admin/audit${query}`, { as: ADMIN })).status).toBe(400);
});
