import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Email } from "../../src/contracts/email.ts";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import type { StoreChange } from "../../src/sessions/store.ts";
import { openStore, type RouterStore } from "../../src/store/open-store.ts";
import { execute, startPostgres, type Postgres } from "../harness/postgres.ts";
import { sampleSession } from "../harness/sample-session.ts";

const hash = sampleSession().hash;
const owner = "alice@example.org" as Email;

let postgres: Postgres;
let url: string;
let ours: RouterStore;
let theirs: RouterStore;
const told: StoreChange[] = [];
const toldOfOurOwn: StoreChange[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.createDatabase();
  [ours, theirs] = [
    await openStore({ databaseUrl: url, dataDir: "" }),
    await openStore({ databaseUrl: url, dataDir: "" }),
  ];
  theirs.changes.subscribe((change) => told.push(change));
  ours.changes.subscribe((change) => toldOfOurOwn.push(change));
});
afterAll(async () => {
  await ours?.close();
  await theirs?.close();
  await postgres?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await execute(url, "delete from sessions");
  await settled();
});

/** Everything that was announced before has arrived: this comes after it. */
async function settled(): Promise<void> {
  for (const name of ["mark-1", "mark-2"]) {
    await execute(
      url,
      `insert into tokens values ('${name}', '${name}', '', '', '[]', 0, null, null); delete from tokens`,
    );
    await expect.poll(() => told.some(({ key }) => key === name)).toBe(true);
    await expect.poll(() => toldOfOurOwn.some(({ key }) => key === name)).toBe(true);
    told.length = 0;
    toldOfOurOwn.length = 0;
  }
}

test("another router is told each table and key that was written, and oneself nothing", async () => {
  await ours.sessions.insert(sampleSession());
  await ours.sessions.update(hash, { title: "new" });
  await ours.messages.replace(hash, [{ id: "a", role: "user", text: "a", at: "2026-01-02T03:04:05.000Z" }]);
  await ours.shares.put({ hash, port: 3000, level: "public", people: [], expiresAt: null });
  await ours.sessions.remove(hash);
  await expect.poll(() => told).toHaveLength(7);
  expect(new Set(told.map(({ key }) => key))).toEqual(new Set([hash]));
  const tables = told.map(({ table }) => table);
  expect(tables.slice(0, 4)).toEqual(["sessions", "sessions", "messages", "port_shares"]);
  // One deletion takes them all.
  expect(tables.slice(4).toSorted()).toEqual(["messages", "port_shares", "sessions"]);
  expect(toldOfOurOwn).toEqual([]);
});

test("whoever is told sees what was written", async () => {
  let seen: Promise<unknown> | undefined;
  using _live = theirs.changes.subscribe(({ table }) => {
    if (table === "sessions") seen ??= theirs.sessions.get(hash);
  });
  await ours.sessions.insert(sampleSession());
  await expect.poll(() => seen).toBeDefined();
  expect(await seen).toEqual(sampleSession());
});

test("what changes nothing and what is taken back is not announced", async () => {
  await ours.sessions.insert(sampleSession({ title: "same" }));
  await expect.poll(() => told).toHaveLength(1);
  told.length = 0;
  await ours.sessions.update(hash, { title: "same" });
  await execute(url, "begin; update sessions set title = 'never'; rollback");
  await execute(url, `update sessions set title = 'a hand' where hash = '${hash}'`);
  await expect.poll(() => told).toEqual([{ table: "sessions", key: hash }]);
  expect(toldOfOurOwn).toEqual([{ table: "sessions", key: hash }]);
});

test("keys that do not fit into a notice, and notices of strangers, do no harm", async () => {
  await execute(url, `insert into user_secrets values (repeat('é', 5000), 'A', '', 0)`);
  await expect.poll(() => told).toEqual([{ table: "user_secrets" }]);
  for (const payload of ["", "not json", '{"table":"unknown","key":"x","by":"y"}', "7", "null"])
    await execute(url, `notify opencode_router, '${payload}'`);
  await execute(url, `insert into user_secrets values ('${owner}', 'A', '', 0)`);
  await expect.poll(() => told.at(-1)).toEqual({ table: "user_secrets", key: owner });
  expect(told).toHaveLength(2);
});

test("after a lost connection every table may have changed, and then it hears again", async () => {
  const cut = "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%' or query = 'select 1'";
  await execute(url, `${cut} and pid <> pg_backend_pid()`);
  await expect
    .poll(() => told.filter(({ key }) => key === undefined).map(({ table }) => table), { timeout: 20_000 })
    .toEqual(["sessions", "messages", "port_shares", "tokens", "user_secrets"]);
  told.length = 0;
  await expect
    .poll(async () => {
      await execute(url, `update sessions set title = '${Date.now()}'`);
      await ours.sessions.insert(sampleSession({ hash: "ffffffffffff" as SessionHash })).catch(() => false);
      return told.length;
    })
    .toBeGreaterThan(0);
});

test("closing does not wait for a server that is gone", async () => {
  await using other = await startPostgres();
  const store = await openStore({ databaseUrl: await other.createDatabase(), dataDir: "" });
  await other[Symbol.asyncDispose]();
  await delay(300);
  await store.close();
  await store.close();
});
