import { beforeEach, describe, expect, test } from "vitest";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import { MemoryCluster } from "../../../test/harness/memory-cluster.ts";
import { sampleSession } from "../../../test/harness/sample-session.ts";
import { ProblemError } from "../../contracts/problem.ts";
import type { SessionHash } from "../../contracts/session-hash.ts";
import { silentLog } from "../../lib/log.ts";
import { ResourceRepository } from "./resource-repository.ts";
import { newResource } from "./session-resource.ts";

const now = 1_790_000_000_123;
const sample = (overrides: Parameters<typeof sampleSession>[0] = {}) =>
  sampleSession({ createdAt: now, lastActivity: now, ...overrides });
const { hash } = sample();
const failure = { reason: "sessiond_crashed", message: "Try again." } as const;

let clock: FakeClock;
let cluster: MemoryCluster;
let repository: ResourceRepository;

const router = () => new ResourceRepository({ ...cluster.router(), clock, log: silentLog });
/** The calls since the last time. */
const calls = () => cluster.calls.splice(0);

beforeEach(() => {
  clock = new FakeClock();
  cluster = new MemoryCluster();
  repository = router();
});

/** A session that the repository knows. */
async function stored(): Promise<void> {
  await repository.insert(sample());
  await repository.get(hash);
  calls();
}

describe("a new session", () => {
  test("costs one call, and is known at once", async () => {
    cluster.silent = true;
    expect(await repository.insert(sample())).toBe(true);
    expect(calls()).toEqual([`create sessions/${hash}`]);
    expect(await repository.get(hash)).toEqual(sample());
    expect(await repository.all()).toEqual([sample()]);
    expect(calls()).toEqual([]);
  });

  test("is another router's when that one was faster, and known then", async () => {
    cluster.silent = true;
    cluster.create(newResource(sample({ branch: "theirs" })));
    expect(await repository.insert(sample())).toBe(false);
    expect(await repository.get(hash)).toEqual(sample({ branch: "theirs" }));
  });

  test("takes a name that becomes free in the same moment", async () => {
    cluster.refusals.push("alreadyExists");
    expect(await repository.insert(sample())).toBe(true);
  });

  test.each(["transient", "tooMany"] as const)(
    "is answered with a sentence when the cluster is away (%s)",
    async (kind) => {
      cluster.refusals.push(kind);
      const error: unknown = await repository.insert(sample()).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(ProblemError);
      expect(error).toMatchObject({
        problem: { status: 503, code: "unavailable", detail: "The cluster does not answer. Try again in a moment." },
        headers: { "Retry-After": "5" },
      });
      expect(await repository.all()).toEqual([]);
    },
  );

  test("that has no room is refused with the cluster's sentence", async () => {
    cluster.refusals.push("quota");
    const detail = "The cluster has no room for another session: the test says quota.";
    await expect(repository.insert(sample())).rejects.toMatchObject({ problem: { code: "limit_reached", detail } });
  });
});

describe("a change", () => {
  beforeEach(stored);

  test("is one call for each part that it is in", async () => {
    await repository.update(hash, { desired: "stopped" });
    expect(calls()).toEqual([`patch sessions/${hash}`]);
    await repository.update(hash, { title: "x", lastActivity: now + 1 });
    expect(calls()).toEqual([`patch sessions/${hash}/status`]);
    const updated = await repository.update(hash, { attachNonce: "n", title: null });
    expect(calls()).toEqual([`patch sessions/${hash}`, `patch sessions/${hash}/status`]);
    expect(updated).toEqual(sample({ desired: "stopped", lastActivity: now + 1, attachNonce: "n" }));
    expect(await repository.get(hash)).toEqual(updated);
  });

  test("that changes nothing calls nothing", async () => {
    const same = { failure: null, failedStarts: 0, title: null, lastActivity: now, attachNonce: "nonce", seen: null };
    expect(await repository.update(hash, same)).toEqual(sample());
    expect(calls()).toEqual([]);
  });

  test("of the wish is sent all the same: another router may have wished something else just now", async () => {
    cluster.silent = true;
    cluster.change(hash, { spec: { ...newResource(sample()).spec, desired: "stopped" } });
    expect(await repository.update(hash, { desired: "running" })).toEqual(sample());
    expect(cluster.get(hash)?.spec.desired).toBe("running");
  });

  test("never takes activity back", async () => {
    cluster.change(hash, { status: { lastActivity: new Date(now + 60_000).toISOString() } });
    await clock.pass(0);
    const updated = await repository.update(hash, { lastActivity: now + 30_000 });
    expect(updated?.lastActivity).toBe(now + 60_000);
    expect(calls()).toEqual([]);
  });

  test("of what is gone, or made anew, changes nothing", async () => {
    cluster.silent = true;
    cluster.delete(hash);
    cluster.collect();
    expect(await repository.update(hash, { title: "x" })).toBeUndefined();
    expect(await repository.update(hash, { title: "x" })).toBeUndefined();
    await repository.insert(sample());
    cluster.delete(hash);
    cluster.collect();
    cluster.create(newResource(sample({ owner: "bob@example.org" as never, createdAt: now + 1 })));
    expect(await repository.update(hash, { desired: "stopped" })).toMatchObject({ owner: "bob@example.org" });
    expect(cluster.get(hash)?.spec.desired).toBe("running");
  });

  test("is refused with a sentence while the cluster is away, and made the next time", async () => {
    cluster.refusals.push("transient");
    await expect(repository.update(hash, { desired: "stopped" })).rejects.toMatchObject({ problem: { status: 503 } });
    expect(await repository.update(hash, { desired: "stopped" })).toEqual(sample({ desired: "stopped" }));
  });

  test("that the server does not take is an error", async () => {
    cluster.refusals.push("invalid");
    await expect(repository.update(hash, { desired: "stopped" })).rejects.toThrow("the test says invalid");
  });

  test("of what nobody made is undefined", async () => {
    expect(await repository.update("ffffffffffff" as SessionHash, { title: "x" })).toBeUndefined();
    expect(calls()).toEqual([]);
  });

  test("that tells that a long first message was given keeps its beginning only", async () => {
    const initialMessage = "x".repeat(100_000);
    await repository.update(hash, { initialMessage, initialMessageDone: false });
    expect((await repository.get(hash))?.initialMessage).toBe(initialMessage);
    const updated = await repository.update(hash, { initialMessageDone: true });
    expect(updated?.initialMessage).toMatch(/^x{3000,3100}…$/);
  });
});

describe("a counted failure", () => {
  beforeEach(stored);
  const counted = { failedStarts: 1, failure };

  test("is counted once, though two routers saw it", async () => {
    const other = router();
    await other.get(hash);
    const [one, two] = await Promise.all([repository.update(hash, counted), other.update(hash, counted)]);
    expect([one?.failedStarts, two?.failedStarts]).toEqual([1, 1]);
    expect(await other.update(hash, { failedStarts: 2 })).toMatchObject({ failedStarts: 2 });
  });

  test("is not counted on a session that somebody has resumed since", async () => {
    cluster.silent = true;
    cluster.change(hash, { spec: { ...newResource(sample()).spec, attachNonce: "new" } });
    expect(await repository.update(hash, counted)).toEqual(sample({ attachNonce: "new" }));
    expect(cluster.get(hash)?.status?.failedStarts).toBeUndefined();
  });

  test("is not counted on what the caller was never told of", async () => {
    cluster.change(hash, { status: { failedStarts: 3 } });
    await clock.pass(0);
    expect(await repository.update(hash, counted)).toMatchObject({ failedStarts: 3, failure: null });
    expect(calls()).toEqual([]);
  });

  test("is counted though something else was written meanwhile", async () => {
    cluster.silent = true;
    cluster.change(hash, { status: { state: "failed" } });
    expect(await repository.update(hash, counted)).toMatchObject(counted);
    const patch = `patch sessions/${hash}/status`;
    expect(calls()).toEqual([patch, `get sessions/${hash}`, patch]);
  });

  test("gives up in a storm of conflicts", async () => {
    cluster.refusals.push(...Array.from({ length: 5 }, () => "conflict" as const));
    await expect(repository.update(hash, counted)).rejects.toMatchObject({ problem: { code: "unavailable" } });
    expect(await repository.update(hash, counted)).toMatchObject(counted);
  });

  test("is set back by a wish, whatever was counted meanwhile", async () => {
    cluster.silent = true;
    cluster.change(hash, { status: { failedStarts: 5, failure } });
    const wish = { desired: "running", failure: null, failedStarts: 0 } as const;
    expect(await repository.update(hash, wish)).toEqual(sample());
    expect(cluster.get(hash)?.status).toEqual({});
  });
});

describe("a deletion", () => {
  beforeEach(stored);

  test("is a wish of its own: the session is there until everything of it is gone", async () => {
    cluster.holdsDeleted = true;
    const wish = { desired: "deleted", failure: null, failedStarts: 0 } as const;
    expect(await repository.update(hash, wish)).toEqual(sample({ desired: "deleted" }));
    expect(calls()).toEqual([`delete sessions/${hash}`, `get sessions/${hash}`]);
    let isGone = false;
    const removed = repository.remove(hash).then(() => (isGone = true));
    await clock.pass(20_000);
    expect(isGone).toBe(false);
    cluster.collect();
    await removed;
    expect(await repository.get(hash)).toBeUndefined();
    expect(calls().filter((call) => call.startsWith("delete"))).toEqual([]);
  });

  test("of a session that owns nothing is done at once, and a wish all the same", async () => {
    cluster.holdsDeleted = true;
    const { client, sessions } = cluster.router();
    const atOnce: typeof client.delete = async (kind, name, options) => {
      const outcome = await client.delete(kind, name, options);
      cluster.collect();
      return outcome;
    };
    const repository = new ResourceRepository({
      client: { ...client, delete: atOnce },
      sessions,
      clock,
      log: silentLog,
    });
    expect(await repository.update(hash, { desired: "deleted" })).toEqual(sample({ desired: "deleted" }));
    expect(await repository.get(hash)).toBeUndefined();
    expect(await repository.update(hash, { desired: "deleted" })).toBeUndefined();
  });

  test("is begun by removing, and may be repeated", async () => {
    await repository.remove(hash);
    await repository.remove(hash);
    expect(cluster.get(hash)).toBeUndefined();
    expect(await repository.update(hash, { desired: "deleted" })).toBeUndefined();
  });

  test("is seen though the watch is silent", async () => {
    cluster.silent = true;
    const removed = repository.remove(hash);
    await clock.pass(10_000);
    await removed;
    expect(await repository.all()).toEqual([]);
  });

  test("that something holds says what", async () => {
    cluster.holdsDeleted = true;
    const removed = repository.remove(hash).catch((error: Error) => error.message);
    await clock.pass(300_000);
    expect(await removed).toMatch(/sessions 0123456789ab should be gone and is not/);
  });

  test("leaves alone one of the same name that was made since", async () => {
    cluster.silent = true;
    cluster.delete(hash);
    cluster.collect();
    cluster.create(newResource(sample({ createdAt: now + 1 })));
    await repository.remove(hash);
    expect(cluster.get(hash)?.metadata.deletionTimestamp).toBeUndefined();
    expect(await repository.get(hash)).toMatchObject({ createdAt: now + 1, desired: "running" });
  });
});

test("a wish holds in a storm of conflicts, or is refused with a time to come again", async () => {
  await stored();
  cluster.refusals.push("conflict", "conflict", "conflict");
  expect(await repository.update(hash, { desired: "stopped" })).toMatchObject({ desired: "stopped" });
  cluster.refusals.push(...Array.from({ length: 5 }, () => "conflict" as const));
  await expect(repository.update(hash, { desired: "running" })).rejects.toMatchObject({
    problem: { status: 503, code: "unavailable" },
    headers: { "Retry-After": "5" },
  });
});
