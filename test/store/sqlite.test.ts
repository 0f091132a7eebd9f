import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, expect, test } from "vitest";
import { databaseContract } from "../../src/store/database.contract.ts";
import { openStore } from "../../src/store/open-store.ts";
import { peopleStoreContract } from "../../src/store/people.contract.ts";
import { storeContract } from "../../src/store/store.contract.ts";
import { sampleSession } from "../harness/sample-session.ts";

const temporaryFolder = () => mkdtemp(join(tmpdir(), "sqlite-"));

const createFixture = async () => {
  const dataDir = await temporaryFolder();
  return {
    open: () => openStore({ dataDir }),
    execute: async (sql: string) => {
      const database = new Database(join(dataDir, "router.db"));
      database.exec(sql);
      database.close();
    },
    dispose: () => rm(dataDir, { recursive: true }),
  };
};

storeContract("SQLite", createFixture);
databaseContract("SQLite", createFixture);
peopleStoreContract("SQLite", createFixture);

let dataDir: string;
beforeEach(async () => {
  dataDir = await temporaryFolder();
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

test("its files are for the owner only, in a folder that it makes", async () => {
  const folder = join(dataDir, "a", "b");
  const store = await openStore({ dataDir: folder });
  await store.sessions.insert(sampleSession());
  const names = await readdir(folder);
  const modes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mode & 0o777));
  expect(names).toContain("router.db-wal");
  expect(new Set(modes)).toEqual(new Set([0o600]));
  await store.close();
});

test("a file that is not a database is told, and left as it is", async () => {
  const file = join(dataDir, "router.db");
  await writeFile(file, "something else\n".repeat(1000));
  await chmod(file, 0o600);
  await expect(openStore({ dataDir })).rejects.toThrow(/router\.db cannot be opened: it is not a SQLite database/);
  expect((await stat(file)).size).toBe(15_000);
});

test("a database that is damaged inside is told", async () => {
  const store = await openStore({ dataDir });
  await store.close();
  for (const rest of ["router.db-wal", "router.db-shm"]) await rm(join(dataDir, rest), { force: true });
  const header = Buffer.from("SQLite format 3\0");
  await writeFile(join(dataDir, "router.db"), Buffer.concat([header, Buffer.alloc(8176, 7)]));
  await expect(openStore({ dataDir })).rejects.toThrow(/router\.db cannot be opened: .*damaged/);
});

test("a data folder that is a file is told", async () => {
  await writeFile(join(dataDir, "file"), "");
  await expect(openStore({ dataDir: join(dataDir, "file") })).rejects.toThrow(/file\/router\.db cannot be opened: /);
});
