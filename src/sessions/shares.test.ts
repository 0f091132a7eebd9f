import { afterEach, describe, expect, test } from "vitest";
import type { Email } from "../contracts/email.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { SharePort } from "../contracts/share.ts";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { MemoryShares } from "../../test/harness/memory-shares.ts";
import { Shares } from "./shares.ts";
import type { ShareRecord } from "./store.ts";

const HASH = "0123456789ab" as SessionHash;
const OTHER = "ba9876543210" as SessionHash;
const BOB = "bob@example.org" as Email;

let shares: Shares;
afterEach(() => shares.close());

async function open(records: readonly ShareRecord[] = []) {
  const clock = new FakeClock();
  const repository = new MemoryShares(records);
  shares = await Shares.load(repository, clock);
  const changed: SessionHash[] = [];
  shares.changes.subscribe((hash) => changed.push(hash));
  return { clock, repository, changed };
}

const iso = (ms: number) => new Date(ms).toISOString();

describe("sharing a port", () => {
  test("names people by their normalised addresses, once each, and survives a restart", async () => {
    const { repository, changed } = await open();
    await shares.set(HASH, 5173, { level: "people", people: [" Bob@Example.org", "bob@example.org"] });
    expect(shares.get(HASH, 5173)).toMatchObject({ level: "people", people: [BOB], expiresAt: null });
    expect(changed).toEqual([HASH]);
    shares.close();
    await open(repository.records);
    expect(shares.get(HASH, 5173).people).toEqual([BOB]);
  });

  test("is of this port of this session alone", async () => {
    await open();
    await shares.set(HASH, 5173, { level: "public" });
    expect(shares.get(HASH, 5174).level).toBe("owner");
    expect(shares.get(OTHER, 5173).level).toBe("owner");
    expect(shares.of(HASH).map(({ port }) => port)).toEqual([5173]);
  });

  test("is taken back by the level owner, and nothing stays stored", async () => {
    const { repository, changed } = await open();
    await shares.set(HASH, 5173, { level: "public" });
    await shares.set(HASH, 5173, { level: "owner" });
    expect(shares.get(HASH, 5173).level).toBe("owner");
    expect(shares.of(HASH)).toEqual([]);
    expect(repository.records).toEqual([]);
    expect(changed).toHaveLength(2);
  });

  test.each<[string, SharePort]>([
    ["people without names", { level: "people" }],
    ["an empty list", { level: "people", people: [] }],
    ["names with another level", { level: "public", people: ["bob@example.org"] }],
    ["no address", { level: "people", people: ["bob"] }],
    ["an end in the past", { level: "public", expiresAt: iso(999_999) }],
    ["an end of what does not end", { level: "owner", expiresAt: iso(9_000_000) }],
  ])("refuses %s and changes nothing", async (_name, wish) => {
    const { changed } = await open();
    expect(() => shares.set(HASH, 5173, wish)).toThrow(expect.objectContaining({ name: "ProblemError" }));
    expect(shares.get(HASH, 5173).level).toBe("owner");
    expect(changed).toEqual([]);
  });
});

test("at most 64 ports of a session are shared, and a shared one can still be changed", async () => {
  await open();
  for (let port = 2000; port < 2064; port += 1) await shares.set(HASH, port, { level: "public" });
  await expect(shares.set(HASH, 3000, { level: "public" })).rejects.toMatchObject({
    problem: { code: "limit_reached" },
  });
  await shares.set(HASH, 2000, { level: "authenticated" });
  await shares.set(HASH, 2001, { level: "owner" });
  await shares.set(HASH, 3000, { level: "public" });
});

describe("a share that ends", () => {
  test("is worth nothing from then on, and that is told", async () => {
    const { clock, changed } = await open();
    await shares.set(HASH, 5173, { level: "authenticated", expiresAt: iso(clock.now() + 60_000) });
    await clock.pass(59_999);
    expect(shares.get(HASH, 5173).level).toBe("authenticated");
    expect(changed).toHaveLength(1);
    await clock.pass(1);
    expect(shares.get(HASH, 5173).level).toBe("owner");
    expect(shares.of(HASH)).toEqual([]);
    expect(changed).toHaveLength(2);
  });

  test("after months is told then, and not before", async () => {
    const { clock, changed } = await open();
    const day = 24 * 60 * 60 * 1000;
    await shares.set(HASH, 5173, { level: "public", expiresAt: iso(clock.now() + 60 * day) });
    for (let days = 0; days < 59; days += 1) await clock.pass(day);
    expect(changed).toHaveLength(1);
    await clock.pass(day);
    expect(changed).toHaveLength(2);
  });

  test("does not end the share that took its place", async () => {
    const { clock } = await open();
    await shares.set(HASH, 5173, { level: "public", expiresAt: iso(clock.now() + 60_000) });
    await shares.set(HASH, 5173, { level: "public" });
    await clock.pass(120_000);
    expect(shares.get(HASH, 5173).level).toBe("public");
  });

  test("while no router ran is over at the start", async () => {
    await open([{ hash: HASH, port: 5173, level: "public", people: [], expiresAt: 1 }]);
    expect(shares.get(HASH, 5173).level).toBe("owner");
  });
});

test("what another router stored is known after a reload", async () => {
  const { repository, changed } = await open();
  await repository.put({ hash: HASH, port: 3000, level: "public", people: [], expiresAt: null });
  expect(shares.get(HASH, 3000).level).toBe("owner");
  await shares.reload(HASH);
  expect(shares.get(HASH, 3000).level).toBe("public");
  await repository.remove(HASH, 3000);
  await shares.reload(HASH);
  expect(shares.get(HASH, 3000).level).toBe("owner");
  expect(changed).toHaveLength(2);
});

test("a session that is gone shares nothing", async () => {
  await open();
  await shares.set(HASH, 3000, { level: "public" });
  shares.forget(HASH);
  expect(shares.get(HASH, 3000).level).toBe("owner");
});
