import { expect, test } from "vitest";
import type { SessionHash } from "../contracts/session-hash.ts";
import { MemorySessions } from "../../test/harness/memory-sessions.ts";
import { sampleSession } from "../../test/harness/sample-session.ts";
import { SessionRegistry } from "./registry.ts";

const A = "aaaaaaaaaaaa" as SessionHash;
const B = "bbbbbbbbbbbb" as SessionHash;
const C = "cccccccccccc" as SessionHash;

async function open(...hashes: SessionHash[]) {
  const repository = new MemorySessions(hashes.map((hash) => sampleSession({ hash })));
  const registry = await SessionRegistry.load(repository);
  const told: SessionHash[] = [];
  registry.changes.subscribe((hash) => told.push(hash));
  return { repository, registry, told };
}

test("what another router wrote to a session is read when it is told, and told on once", async () => {
  const { repository, registry, told } = await open(A, B);
  repository.records.set(A, sampleSession({ hash: A, title: "theirs" }));
  expect(registry.get(A)?.title).toBeNull();
  await registry.refresh(A);
  await registry.refresh(A);
  expect(registry.get(A)?.title).toBe("theirs");
  expect(told).toEqual([A]);
});

test("when anything may have changed, exactly what did is told: new, different and gone", async () => {
  const { repository, registry, told } = await open(A, B);
  repository.records.set(A, sampleSession({ hash: A, title: "theirs" }));
  repository.records.delete(B);
  repository.records.set(C, sampleSession({ hash: C }));
  await registry.refreshAll();
  expect(told.toSorted()).toEqual([A, B, C]);
  expect(registry.all().map(({ hash }) => hash)).toEqual([A, C]);
  told.length = 0;
  await registry.refreshAll();
  expect(told).toEqual([]);
});

test("a write of our own is not undone by what was read before it", async () => {
  const { registry } = await open(A);
  const [, updated] = await Promise.all([
    registry.refreshAll(),
    registry.update(A, { title: "ours" }),
    registry.refresh(A),
  ]);
  expect(updated?.title).toBe("ours");
  expect(registry.get(A)?.title).toBe("ours");
});

test("a session that another router made first is known afterwards", async () => {
  const { repository, registry, told } = await open();
  repository.records.set(A, sampleSession({ hash: A, title: "theirs" }));
  expect(await registry.insert(sampleSession({ hash: A, title: "ours" }))).toBe(false);
  expect(registry.get(A)?.title).toBe("theirs");
  expect(told).toEqual([A]);
});
