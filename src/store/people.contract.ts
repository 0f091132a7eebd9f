import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Email } from "../contracts/email.ts";
import type { AuditRecord, PeopleStore, SecretRecord, TokenRecord } from "../people/store.ts";

/** A database that outlives the stores that are opened on it. */
export interface PeopleStoreFixture {
  open(): Promise<PeopleStore & { close(): Promise<void> }>;
  /** Runs a statement on the database behind the store's back. */
  execute(sql: string): Promise<void>;
  dispose(): Promise<void>;
}

const alice = "alice@example.org" as Email;
const bob = "bob@example.org" as Email;
const HOSTILE = `'); drop table tokens; -- "\n`;

const token = (id: string, overrides: Partial<TokenRecord> = {}): TokenRecord => ({
  id,
  hash: `hash of ${id}`,
  owner: alice,
  name: `Zażółć ${HOSTILE}`,
  scopes: ["read", "turns"],
  createdAt: 1_790_000_000_123,
  expiresAt: null,
  lastUsedAt: null,
  ...overrides,
});

const secret = (name: string, overrides: Partial<SecretRecord> = {}): SecretRecord => ({
  owner: alice,
  name,
  sealed: `sealed ${name}`,
  updatedAt: 1_790_000_000_456,
  ...overrides,
});

const deed = (number: number, overrides: Partial<AuditRecord> = {}): AuditRecord => ({
  id: number.toString(16).padStart(26, "0"),
  at: number,
  actor: alice,
  action: "session.created",
  subject: "0123456789ab",
  detail: null,
  ...overrides,
});

/** What every store keeps of people, whichever database is below it. */
export function peopleStoreContract(name: string, createFixture: () => Promise<PeopleStoreFixture>): void {
  let fixture: PeopleStoreFixture;
  let store: Awaited<ReturnType<PeopleStoreFixture["open"]>>;

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

  describe(`${name}: access tokens`, () => {
    test("keep every field, also over a restart, newest first, each person's apart", async () => {
      const full = token("b", { createdAt: 1_790_000_000_999, expiresAt: 9_999_999_999_999, lastUsedAt: 5 });
      for (const record of [token("a"), full, token("c", { owner: bob })]) await store.tokens.insert(record);
      await reopen();
      expect(await store.tokens.ofOwner(alice)).toEqual([full, token("a")]);
      expect(await store.tokens.ofOwner(bob)).toEqual([token("c", { owner: bob })]);
      expect(await store.tokens.byHash("hash of b")).toEqual(full);
      expect(await store.tokens.byHash("hash of d")).toBeUndefined();
    });

    test("are no two of one hash", async () => {
      await store.tokens.insert(token("a"));
      await expect(store.tokens.insert(token("b", { hash: "hash of a" }))).rejects.toThrow();
      expect(await store.tokens.ofOwner(alice)).toEqual([token("a")]);
    });

    test("note a use, of this one only and never back in time", async () => {
      for (const id of ["a", "b"]) await store.tokens.insert(token(id));
      await store.tokens.used("a", 1_000);
      await store.tokens.used("a", 3_000);
      await store.tokens.used("a", 2_000);
      expect(await store.tokens.ofOwner(alice)).toEqual([token("a", { lastUsedAt: 3_000 }), token("b")]);
      await store.tokens.used("gone", 1_000);
    });

    test("are removed by their owner only, once", async () => {
      await store.tokens.insert(token("a"));
      expect(await store.tokens.remove(bob, "a")).toBeUndefined();
      expect(await store.tokens.remove(alice, "a\0")).toBeUndefined();
      expect(await store.tokens.remove(alice, "a")).toEqual(token("a"));
      expect(await store.tokens.remove(alice, "a")).toBeUndefined();
      expect(await store.tokens.byHash("hash of a")).toBeUndefined();
    });

    test("that somebody damaged allow nothing", async () => {
      await store.tokens.insert(token("a"));
      await fixture.execute(`update tokens set scopes = '["read","everything"]'`);
      await expect(store.tokens.byHash("hash of a")).rejects.toThrow(/stored access token a cannot be read/);
    });
  });

  describe(`${name}: secrets`, () => {
    test("are replaced by name, listed by name, each person's apart, also over a restart", async () => {
      const records = [
        secret("B"),
        secret("A"),
        secret("A", { owner: bob }),
        secret("B", { sealed: "2", updatedAt: 7 }),
      ];
      for (const record of records) await store.userSecrets.put(record);
      await reopen();
      expect(await store.userSecrets.ofOwner(alice)).toEqual([secret("A"), secret("B", { sealed: "2", updatedAt: 7 })]);
      expect(await store.userSecrets.ofOwner(bob)).toEqual([secret("A", { owner: bob })]);
    });

    test("keep a large value whole; put at once, one of them stays", async () => {
      const sealed = "x".repeat(90_000);
      await Promise.all(Array.from({ length: 10 }, () => store.userSecrets.put(secret("A", { sealed }))));
      expect(await store.userSecrets.ofOwner(alice)).toEqual([secret("A", { sealed })]);
    });

    test("are removed by their owner only, once", async () => {
      await store.userSecrets.put(secret("A"));
      expect(await store.userSecrets.remove(bob, "A")).toBe(false);
      expect(await store.userSecrets.remove(alice, `A${HOSTILE}\0`)).toBe(false);
      expect(await store.userSecrets.remove(alice, "A")).toBe(true);
      expect(await store.userSecrets.remove(alice, "A")).toBe(false);
      expect(await store.userSecrets.ofOwner(alice)).toEqual([]);
    });
  });

  describe(`${name}: audit`, () => {
    const ids = async (options: { limit: number; before?: string }) =>
      (await store.audit.page(options)).map(({ at }) => at);

    test("keeps every field, newest first, in pages", async () => {
      const full = deed(300, { actor: bob, action: "secret.removed", subject: HOSTILE, detail: "ąę\0" });
      for (const record of [deed(9), full, deed(10), deed(255)]) await store.audit.add(record);
      await reopen();
      expect(await store.audit.page({ limit: 1 })).toEqual([{ ...full, detail: "ąę\uFFFD" }]);
      expect(await ids({ limit: 10 })).toEqual([300, 255, 10, 9]);
      expect(await ids({ limit: 2, before: deed(255).id })).toEqual([10, 9]);
      expect(await ids({ limit: 2, before: "0" })).toEqual([]);
    });

    test("loses what is too old, and of the rest all but the newest", async () => {
      for (let number = 1; number <= 9; number++) await store.audit.add(deed(number));
      await store.audit.prune({ before: 3, keep: 100 });
      expect(await ids({ limit: 20 })).toEqual([9, 8, 7, 6, 5, 4, 3]);
      await store.audit.prune({ before: 0, keep: 7 });
      expect(await ids({ limit: 20 })).toEqual([9, 8, 7, 6, 5, 4, 3]);
      await store.audit.prune({ before: 0, keep: 2 });
      expect(await ids({ limit: 20 })).toEqual([9, 8]);
    });
  });
}
