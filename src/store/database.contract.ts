import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { Store } from "../sessions/store.ts";
import { sampleSession } from "../../test/harness/sample-session.ts";
import type { StoreFixture } from "./store.contract.ts";

export interface DatabaseFixture extends StoreFixture {
  /** Runs a statement on the database behind the store's back. */
  execute(sql: string): Promise<void>;
}

const other = "ffffffffffff" as SessionHash;

/** What a store does besides when the sessions are in the database, whichever that is. */
export function databaseContract(name: string, createFixture: () => Promise<DatabaseFixture>): void {
  let fixture: DatabaseFixture;
  let store: Store;

  beforeEach(async () => {
    fixture = await createFixture();
    store = await fixture.open();
  });
  afterEach(async () => {
    await store.close();
    await fixture.dispose();
  });

  const reopen = async () => {
    await store.close();
    store = await fixture.open();
  };

  describe(`${name}: the database`, () => {
    test("keeps which router runs a session, and what that saw of it", async () => {
      const full = sampleSession({
        home: "0123456789abcdef",
        seen: {
          observed: { phase: "running" },
          report: {
            status: { readyAt: null, busy: true, ports: [{ port: 3000, process: "vite", address: "::1" }] },
            conversation: { id: "ses_1", directory: "/home/a/b" },
          },
        },
      });
      await store.sessions.insert(full);
      await reopen();
      expect(await store.sessions.get(full.hash)).toEqual(full);
    });

    test("a router makes itself the home of those that have none, once", async () => {
      await store.sessions.insert(sampleSession());
      await store.sessions.insert(sampleSession({ hash: other, home: "another" }));
      await Promise.all([store.sessions.claim("one"), store.sessions.claim("two")]);
      const { home } = (await store.sessions.get(sampleSession().hash)) ?? {};
      expect(["one", "two"]).toContain(home);
      await store.sessions.claim("three");
      expect((await store.sessions.get(sampleSession().hash))?.home).toBe(home);
      expect((await store.sessions.get(other))?.home).toBe("another");
    });

    test("what another version of the router saw is no reason to refuse a session", async () => {
      await store.sessions.insert(sampleSession());
      await fixture.execute(`update sessions set seen = '{"observed":{"phase":"dancing"},"report":null}'`);
      expect(await store.sessions.all()).toEqual([sampleSession()]);
      await fixture.execute("update sessions set seen = 'not json'");
      expect(await store.sessions.all()).toEqual([sampleSession()]);
    });

    test("a row that somebody damaged is named", async () => {
      await store.sessions.insert(sampleSession());
      await fixture.execute("update sessions set failure = '{\"reason\":'");
      await expect(store.sessions.all()).rejects.toThrow(/stored session 0123456789ab cannot be read: failure/);
    });

    test("of a newer version is refused and left as it is", async () => {
      await store.sessions.insert(sampleSession());
      await fixture.execute("insert into kysely_migration (name, timestamp) values ('9999-later', 'then')");
      await expect(fixture.open()).rejects.toThrow(/newer version of opencode-router \(it has 9999-later\)/);
      await fixture.execute("delete from kysely_migration where name = '9999-later'");
      await reopen();
      expect(await store.sessions.all()).toEqual([sampleSession()]);
    });
  });
}
