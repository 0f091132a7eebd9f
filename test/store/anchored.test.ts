import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ProgressMessage } from "../../src/contracts/status.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { ResourceRepository } from "../../src/runtimes/kubernetes/resource-repository.ts";
import { newResource } from "../../src/runtimes/kubernetes/session-resource.ts";
import type { ShareRecord, StoreChange } from "../../src/sessions/store.ts";
import { anchoredStore } from "../../src/store/anchored-store.ts";
import { openStore, type RouterStore, type StoreOptions } from "../../src/store/open-store.ts";
import { storeContract } from "../../src/store/store.contract.ts";
import { MemoryCluster } from "../harness/memory-cluster.ts";
import { startPostgres, type Postgres } from "../harness/postgres.ts";
import { sampleSession } from "../harness/sample-session.ts";

/** A router's store: sessions in the cluster, everything else in the database. */
async function open(cluster: MemoryCluster, database: StoreOptions): Promise<RouterStore> {
  const parts = { ...cluster.router(), clock: systemClock, log: silentLog };
  const sql = await openStore(database);
  return anchoredStore({ ...parts, sql, sessions: new ResourceRepository(parts), changes: parts.sessions.changes });
}

const folder = () => mkdtemp(join(tmpdir(), "anchored-"));

storeContract("sessions as resources", async () => {
  const cluster = new MemoryCluster();
  const dataDir = await folder();
  return { open: () => open(cluster, { dataDir }), dispose: () => rm(dataDir, { recursive: true }) };
});

const session = sampleSession();
const { hash } = session;
const anew = { ...session, createdAt: session.createdAt + 1 };
const messages: ProgressMessage[] = [{ id: "a", role: "user", text: "secret", at: "2026-01-02T03:04:05.678Z" }];
const share: ShareRecord = { hash, port: 5173, level: "public", people: [], expiresAt: null };

/** Everything that a store has of the session. */
const belongings = async (store: RouterStore) => [
  ...(await store.messages.list(hash)),
  ...(await store.shares.of(hash)),
];

describe("what belongs to a session", () => {
  let cluster: MemoryCluster;
  let dataDir: string;
  let store: RouterStore;

  beforeEach(async () => {
    cluster = new MemoryCluster();
    dataDir = await folder();
    store = await open(cluster, { dataDir });
    await store.sessions.insert(session);
    await store.messages.replace(hash, messages);
    await store.shares.put(share);
  });
  afterEach(async () => {
    await store.close();
    await rm(dataDir, { recursive: true });
  });

  const reopen = async () => {
    await store.close();
    store = await open(cluster, { dataDir });
  };
  const replaceByHand = () => {
    cluster.delete(hash);
    cluster.collect();
    cluster.create(newResource(anew));
  };

  test("stays over a restart", async () => {
    await reopen();
    expect(await belongings(store)).toEqual([...messages, share]);
    expect(await store.shares.all()).toEqual([share]);
  });

  test("goes when somebody else deletes the session", async () => {
    cluster.delete(hash);
    await expect.poll(() => store.shares.all()).toEqual([]);
    expect(await belongings(store)).toEqual([]);
  });

  test("goes at the next start when the session was deleted meanwhile", async () => {
    await store.close();
    cluster.delete(hash);
    cluster.collect();
    store = await open(cluster, { dataDir });
    expect(await store.shares.all()).toEqual([]);
    cluster.create(newResource(session));
    await store.sessions.insert(session);
    expect(await belongings(store)).toEqual([]);
  });

  test("is not the next session's of the same hash, and whoever keeps it in memory is told", async () => {
    const told: StoreChange[] = [];
    store.changes.subscribe((change) => told.push(change));
    replaceByHand();
    await expect.poll(() => told).toContainEqual({ table: "port_shares", key: hash });
    expect(told).toContainEqual({ table: "messages", key: hash });
    expect(await belongings(store)).toEqual([]);
    await store.shares.put({ ...share, port: 3000 });
    expect(await store.shares.all()).toEqual([{ ...share, port: 3000 }]);
  });

  test("is not the next session's of the same hash that was made while no router ran", async () => {
    await store.close();
    replaceByHand();
    store = await open(cluster, { dataDir });
    expect(await belongings(store)).toEqual([]);
    expect(await store.shares.all()).toEqual([]);
  });

  test("is not written for a session that is gone, though the news of that come late", async () => {
    cluster.delete(hash);
    await Promise.all([store.messages.replace(hash, messages), store.shares.put(share)]);
    await expect.poll(() => store.shares.all()).toEqual([]);
    await Promise.all([store.messages.replace(hash, messages), store.shares.put(share)]);
    await reopen();
    expect(await store.shares.all()).toEqual([]);
  });

  test("leaves alone the sessions that a router of another runtime keeps in the database", async () => {
    const local = sampleSession({ hash: "ffffffffffff" as typeof hash, home: "another" });
    await store.close();
    const sql = await openStore({ dataDir });
    await sql.sessions.insert(local);
    await sql.close();
    store = await open(cluster, { dataDir });
    await reopen();
    await store.close();
    const again = await openStore({ dataDir });
    expect(await again.sessions.get(local.hash)).toEqual(local);
    expect(await again.sessions.get(hash)).toMatchObject({ desired: "stopped", home: "outside" });
    await again.close();
  });
});

describe("two routers on one cluster and one database", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.[Symbol.asyncDispose]());

  test("hear of each other's sessions, messages and shares, and remove what belongs to none", async () => {
    const cluster = new MemoryCluster();
    const database = { databaseUrl: await postgres.createDatabase(), dataDir: "/nonexistent" };
    const [one, two] = [await open(cluster, database), await open(cluster, database)];
    try {
      const told: StoreChange[] = [];
      two.changes.subscribe((change) => told.push(change));
      await one.sessions.insert(session);
      await expect.poll(() => told).toContainEqual({ table: "sessions", key: hash });
      await expect.poll(() => two.sessions.get(hash)).toEqual(session);
      await Promise.all([one.messages.replace(hash, messages), two.shares.put(share)]);
      await expect.poll(() => told).toContainEqual({ table: "messages", key: hash });
      expect(await belongings(two)).toEqual([...messages, share]);
      expect(await belongings(one)).toEqual([...messages, share]);
      await one.sessions.remove(hash);
      await expect.poll(() => two.sessions.get(hash)).toBeUndefined();
      expect(await two.shares.all()).toEqual([]);
    } finally {
      await Promise.all([one.close(), two.close()]);
    }
  });
});
