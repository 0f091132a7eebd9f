import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../src/lib/free-port.ts";
import { databaseContract } from "../../src/store/database.contract.ts";
import { openStore } from "../../src/store/open-store.ts";
import { peopleStoreContract } from "../../src/store/people.contract.ts";
import { storeContract } from "../../src/store/store.contract.ts";
import { sampleSession } from "../harness/sample-session.ts";
import { execute, startPostgres, type Postgres } from "../harness/postgres.ts";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

const dataDir = "/nonexistent";

const createFixture = async () => {
  const databaseUrl = await postgres.createDatabase();
  return {
    open: () => openStore({ databaseUrl, dataDir }),
    execute: (sql: string) => execute(databaseUrl, sql),
    dispose: async () => {},
  };
};

storeContract("PostgreSQL", createFixture);
databaseContract("PostgreSQL", createFixture);
peopleStoreContract("PostgreSQL", createFixture);

test("routers that start at once on an empty database all open it", async () => {
  const databaseUrl = await postgres.createDatabase();
  const stores = await Promise.all(Array.from({ length: 5 }, () => openStore({ databaseUrl, dataDir })));
  try {
    await stores[0]?.sessions.insert(sampleSession());
    expect(await stores[4]?.sessions.get(sampleSession().hash)).toEqual(sampleSession());
  } finally {
    await Promise.all(stores.map((store) => store.close()));
  }
});

test("connections that the server closed are replaced", async () => {
  const databaseUrl = await postgres.createDatabase();
  const store = await openStore({ databaseUrl, dataDir });
  try {
    await store.sessions.insert(sampleSession());
    await execute(
      databaseUrl,
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    await expect.poll(() => store.sessions.all().catch(() => [])).toEqual([sampleSession()]);
  } finally {
    await store.close();
  }
});

const failure = async (databaseUrl: string) => {
  const error: Error = await openStore({ databaseUrl, dataDir }).then(
    () => expect.unreachable("it opened"),
    (error: Error) => error,
  );
  return error;
};

test("a wrong password, a missing database and a dead port are told without the password", async () => {
  const url = await postgres.createDatabase();
  const wrong = await failure(url.replace(postgres.password, "wr0ng-secret"));
  expect(wrong.message).toMatch(/the user name or the password is wrong \(28P01\)\. Check DATABASE_URL/);
  expect(`${wrong.stack}`).not.toContain("wr0ng-secret");
  const missing = await failure(`${url}-missing`);
  expect(missing.message).toMatch(/127\.0\.0\.1:\d+\/test_\d+-missing cannot be used: there is no such database/);
  const dead = await failure(`postgresql://test:s3cret@127.0.0.1:${await freePort()}/x`);
  expect(dead.message).toMatch(/nothing listens there \(ECONNREFUSED\)/);
  expect(`${missing.stack}${dead.stack}`).not.toMatch(/s3cret|test-password/);
});

test.each(["postgresql://user:s3cret@[bad/x", "mysql://user:s3cret@host/x", "not a url s3cret"])(
  "%s is refused and not repeated",
  async (url) => {
    const error = await failure(url);
    expect(error.message).toBe("DATABASE_URL must look like postgresql://user:password@host:5432/database.");
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("s3cret");
  },
);
