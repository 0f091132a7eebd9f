import { createHash } from "node:crypto";
import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import Database from "libsql";
import { expect, test } from "vitest";
import { prepareRouter, startRouter, type TestRouter } from "../harness/router.ts";

const PAGE = 4096;

const fileOf = (router: TestRouter): string => join(router.dataDir, "data/router.db");
const sumOf = async (file: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(file))
    .digest("hex");

/** Everything is in the one file then, and nothing in its log. */
function closeWhole(database: Database.Database): void {
  database.pragma("wal_checkpoint(TRUNCATE)");
  database.close();
}

/** Starts a router that must refuse its database. @returns what it said */
async function refusal(router: TestRouter): Promise<string> {
  const before = await sumOf(fileOf(router));
  const from = router.output.length;
  await expect(router.start()).rejects.toThrow(/the router ended with 1/);
  expect(await sumOf(fileOf(router))).toBe(before);
  return router.output.slice(from);
}

test("a database of a newer version is left as it is", async () => {
  await using router = await startRouter();
  await router.end("SIGTERM");
  const database = new Database(fileOf(router));
  database.exec("insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '2030-01-01')");
  closeWhole(database);
  const said = await refusal(router);
  expect(said).toContain("newer version of opencode-router (it has 9999-from-the-future)");
  expect(said).toMatch(/restore a backup/);
  expect(said).not.toMatch(/\n\s+at /);
});

test("a file that is no database is named and left as it is", async () => {
  await using router = await prepareRouter();
  await mkdir(dirname(fileOf(router)), { recursive: true });
  await writeFile(fileOf(router), "this is not a database\n".repeat(500));
  const said = await refusal(router);
  expect(said).toContain(`The database ${fileOf(router)} cannot be opened`);
  expect(said).toMatch(/backup/);
});

test("a database with destroyed pages is named and left as it is", async () => {
  await using router = await startRouter();
  await router.end("SIGTERM");
  closeWhole(new Database(fileOf(router)));
  const file = await open(fileOf(router), "r+");
  const { size } = await file.stat();
  // One page alone: a router that only looked at what it needs first would begin.
  await file.write(Buffer.alloc(PAGE, 0xa5), 0, PAGE, size - PAGE);
  await file.close();
  const said = await refusal(router);
  expect(said).toContain(`The database ${fileOf(router)} cannot be opened`);
  expect(said).toMatch(/damaged/);
});
