import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Email } from "../contracts/email.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { ProgressMessage } from "../contracts/status.ts";
import type { ShareRecord, Store } from "../sessions/store.ts";
import { sampleSession } from "../../test/harness/sample-session.ts";

/** What outlives the stores that are opened on it. */
export interface StoreFixture {
  open(): Promise<Store>;
  dispose(): Promise<void>;
}

const message = (id: string, overrides: Partial<ProgressMessage> = {}): ProgressMessage => ({
  id,
  role: "assistant",
  text: `text of ${id}`,
  at: "2026-01-02T03:04:05.678Z",
  ...overrides,
});

const other = "ffffffffffff" as SessionHash;

/** What every store does, wherever it keeps what. */
export function storeContract(name: string, createFixture: () => Promise<StoreFixture>): void {
  let fixture: StoreFixture;
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

  describe(`${name}: sessions`, () => {
    test("keeps every field, also over a restart", async () => {
      const full = sampleSession({
        initialMessageDone: true,
        failure: { reason: "clone_failed", message: "Sign in again." },
        failedStarts: 3,
        title: "Zażółć 🦦 \u2028",
        description: "",
        conversation: { id: "ses_1", directory: "/home/a/b" },
      });
      expect(await store.sessions.insert(full)).toBe(true);
      await reopen();
      expect(await store.sessions.get(full.hash)).toEqual(full);
    });

    test("keeps a blank project's absent values absent", async () => {
      const blank = sampleSession({ repoUrl: null, branch: null, sourceBranch: null, initialMessage: null });
      await store.sessions.insert(blank);
      expect(await store.sessions.all()).toEqual([blank]);
    });

    test("inserts a hash once, and leaves the first as it is", async () => {
      await store.sessions.insert(sampleSession());
      expect(await store.sessions.insert(sampleSession({ title: "second" }))).toBe(false);
      expect(await store.sessions.get(sampleSession().hash)).toEqual(sampleSession());
    });

    test("of inserts at once exactly one wins", async () => {
      const results = await Promise.all(Array.from({ length: 20 }, () => store.sessions.insert(sampleSession())));
      expect(results.filter(Boolean)).toHaveLength(1);
    });

    test("an update changes what it names, and nothing else", async () => {
      await store.sessions.insert(sampleSession());
      await store.sessions.insert(sampleSession({ hash: other }));
      const failure = { reason: "timeout", message: "Try again." } as const;
      const updated = await store.sessions.update(sampleSession().hash, { desired: "stopped", failure });
      expect(updated).toEqual(sampleSession({ desired: "stopped", failure }));
      expect(await store.sessions.get(sampleSession().hash)).toEqual(updated);
      expect(await store.sessions.get(other)).toEqual(sampleSession({ hash: other }));
    });

    test("an update sets back to nothing", async () => {
      const failure = { reason: "timeout", message: "Try again." } as const;
      await store.sessions.insert(sampleSession({ failure, title: "old", initialMessageDone: true }));
      const patch = { failure: null, title: null, initialMessageDone: false };
      expect(await store.sessions.update(sampleSession().hash, patch)).toEqual(sampleSession());
    });

    test("an empty update gives the session", async () => {
      await store.sessions.insert(sampleSession());
      expect(await store.sessions.update(sampleSession().hash, {})).toEqual(sampleSession());
    });

    test("what is not there is undefined", async () => {
      expect(await store.sessions.get(other)).toBeUndefined();
      expect(await store.sessions.update(other, { title: "x" })).toBeUndefined();
      expect(await store.sessions.update(other, {})).toBeUndefined();
      expect(await store.sessions.all()).toEqual([]);
    });

    test("updates at once are all kept", async () => {
      await store.sessions.insert(sampleSession());
      await Promise.all([
        store.sessions.update(sampleSession().hash, { title: "title" }),
        store.sessions.update(sampleSession().hash, { description: "description" }),
        store.sessions.update(sampleSession().hash, { failedStarts: 2 }),
      ]);
      const expected = sampleSession({ title: "title", description: "description", failedStarts: 2 });
      expect(await store.sessions.get(sampleSession().hash)).toEqual(expected);
    });

    test("text with quotes, newlines and NUL is only text", async () => {
      const title = `'); drop table sessions; -- "\n\0`;
      await store.sessions.insert(sampleSession({ title }));
      expect((await store.sessions.get(sampleSession().hash))?.title).toBe(title.replace("\0", "\uFFFD"));
    });

    test("a removed session is gone, and removing may be repeated", async () => {
      await store.sessions.insert(sampleSession());
      await store.sessions.remove(sampleSession().hash);
      await store.sessions.remove(sampleSession().hash);
      expect(await store.sessions.all()).toEqual([]);
    });
  });

  describe(`${name}: messages`, () => {
    beforeEach(async () => {
      await store.sessions.insert(sampleSession());
      await store.sessions.insert(sampleSession({ hash: other }));
    });

    test("are listed in their order, also over a restart", async () => {
      const messages = [message("b", { role: "user" }), message("a"), message("c", { text: "" })];
      await store.messages.replace(sampleSession().hash, messages);
      await reopen();
      expect(await store.messages.list(sampleSession().hash)).toEqual(messages);
    });

    test("are replaced as a whole, of this session only", async () => {
      await store.messages.replace(other, [message("x")]);
      await store.messages.replace(sampleSession().hash, [message("a"), message("b")]);
      await store.messages.replace(sampleSession().hash, [message("c")]);
      expect(await store.messages.list(sampleSession().hash)).toEqual([message("c")]);
      await store.messages.replace(sampleSession().hash, []);
      expect(await store.messages.list(sampleSession().hash)).toEqual([]);
      expect(await store.messages.list(other)).toEqual([message("x")]);
    });

    test("replaced at once, are one of the lists", async () => {
      const lists = Array.from({ length: 8 }, (_, n) => [message(`${n}-a`), message(`${n}-b`)]);
      await Promise.all(lists.map((list) => store.messages.replace(sampleSession().hash, list)));
      expect(lists).toContainEqual(await store.messages.list(sampleSession().hash));
    });

    test("go with their session, and a late report does not bring them back", async () => {
      await store.messages.replace(sampleSession().hash, [message("a")]);
      await store.sessions.remove(sampleSession().hash);
      await store.messages.replace(sampleSession().hash, [message("b")]);
      expect(await store.messages.list(sampleSession().hash)).toEqual([]);
    });
  });

  describe(`${name}: shares`, () => {
    const { hash } = sampleSession();
    const share = (port: number, more: Partial<ShareRecord> = {}): ShareRecord => ({
      hash,
      port,
      level: "public",
      people: [],
      expiresAt: null,
      ...more,
    });

    beforeEach(async () => {
      await store.sessions.insert(sampleSession());
      await store.sessions.insert(sampleSession({ hash: other }));
    });

    test("keep level, people and end, also over a restart", async () => {
      const people = ["bob@example.org", "o'neil+x@example.org"] as Email[];
      const named = share(5173, { level: "people", people, expiresAt: 1_790_000_000_123 });
      await store.shares.put(named);
      await store.shares.put(share(3000, { hash: other }));
      await reopen();
      expect(await store.shares.all()).toHaveLength(2);
      expect(await store.shares.of(hash)).toEqual([named]);
    });

    test("of one port are one: the last; taken back, none", async () => {
      await store.shares.put(share(5173, { level: "people", people: ["bob@example.org" as Email] }));
      await store.shares.put(share(5173, { level: "authenticated", expiresAt: 5 }));
      await store.shares.put(share(5174));
      expect(await store.shares.of(hash)).toContainEqual(share(5173, { level: "authenticated", expiresAt: 5 }));
      await store.shares.remove(hash, 5173);
      expect(await store.shares.of(hash)).toEqual([share(5174)]);
    });

    test("go with their session, and a late one does not come", async () => {
      await store.shares.put(share(5173));
      await store.sessions.remove(hash);
      await store.shares.put(share(5174));
      expect(await store.shares.all()).toEqual([]);
    });
  });

  describe(`${name}: database`, () => {
    test("answers a ping until it is closed; closing may be repeated", async () => {
      await store.ping();
      await store.close();
      await store.close();
      await expect(store.ping()).rejects.toThrow();
    });
  });
}
