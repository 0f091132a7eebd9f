import { expect, test } from "vitest";
import type { SessionHash } from "../contracts/session-hash.ts";
import { FanOut } from "../lib/fan-out.ts";
import { silentLog } from "../lib/log.ts";
import { FakeClock, settled } from "../../test/harness/fake-clock.ts";
import { MemorySessions } from "../../test/harness/memory-sessions.ts";
import { sampleSession } from "../../test/harness/sample-session.ts";
import type { KnownSessions } from "./known.ts";
import { followOtherRouters } from "./other-routers.ts";
import { SessionRegistry } from "./registry.ts";
import type { StoreChange } from "./store.ts";

const A = "aaaaaaaaaaaa" as SessionHash;
const B = "bbbbbbbbbbbb" as SessionHash;

async function open() {
  const repository = new MemorySessions([sampleSession({ hash: A })]);
  const registry = await SessionRegistry.load(repository);
  const asked: string[] = [];
  const known = {
    messages: { known: () => [A, B], refresh: async (hash: SessionHash) => void asked.push(`messages ${hash}`) },
    shares: {
      reload: async (hash: SessionHash) => void asked.push(`shares ${hash}`),
      reloadAll: async () => void asked.push("shares"),
    },
  } as unknown as KnownSessions;
  const changes = new FanOut<StoreChange>();
  const clock = new FakeClock();
  const closing = new AbortController();
  followOtherRouters({ store: { changes }, registry, known, clock, signal: closing.signal, log: silentLog });
  await settled();
  const first = asked.splice(0);
  return { repository, registry, asked, first, changes, clock, closing };
}

test("what was written before it listened is read, once", async () => {
  const { first } = await open();
  expect(first.toSorted()).toEqual([`messages ${A}`, `messages ${B}`, "shares"]);
});

test("the one record that is named is read, or everything", async () => {
  const { repository, registry, asked, changes } = await open();
  repository.records.set(B, sampleSession({ hash: B }));
  changes.publish({ table: "sessions", key: A });
  await settled();
  expect(registry.get(B)).toBeUndefined();
  changes.publish({ table: "sessions", key: B });
  changes.publish({ table: "messages", key: B });
  changes.publish({ table: "port_shares", key: B });
  changes.publish({ table: "tokens", key: "x" });
  await settled();
  expect(registry.get(B)?.hash).toBe(B);
  expect(asked.splice(0).toSorted()).toEqual([`messages ${B}`, `shares ${B}`]);
  repository.records.delete(A);
  for (const table of ["sessions", "messages", "port_shares"] as const) changes.publish({ table });
  await settled();
  expect(registry.all().map(({ hash }) => hash)).toEqual([B]);
  expect(asked.toSorted()).toEqual([`messages ${A}`, `messages ${B}`, "shares"]);
});

test("a database that is away does not make it forget", async () => {
  const { repository, registry, changes, clock } = await open();
  const get = repository.get.bind(repository);
  repository.get = () => Promise.reject(new Error("the database is away"));
  repository.records.set(A, sampleSession({ hash: A, title: "theirs" }));
  changes.publish({ table: "sessions", key: A });
  await clock.pass(5_000);
  expect(registry.get(A)?.title).toBeNull();
  repository.get = get;
  await clock.pass(20_000);
  expect(registry.get(A)?.title).toBe("theirs");
});

test("it leaves nothing behind", async () => {
  const { changes, closing } = await open();
  expect(changes.size).toBe(3);
  closing.abort();
  expect(changes.size).toBe(0);
});
