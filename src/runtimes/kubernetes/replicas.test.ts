import { beforeEach, describe, expect, test } from "vitest";
import { FakeClock, settled } from "../../../test/harness/fake-clock.ts";
import { MemoryCluster } from "../../../test/harness/memory-cluster.ts";
import { startReplica, type Replica } from "../../../test/harness/replica.ts";
import { sampleReport, sampleStatus } from "../../../test/harness/sample-report.ts";
import type { Email } from "../../contracts/email.ts";
import type { SessionHash } from "../../contracts/session-hash.ts";

const owner = "alice@example.org" as Email;
const MINUTE = 60_000;
const IDLE = 5 * MINUTE;

let clock: FakeClock;
let cluster: MemoryCluster;
let a: Replica;
let b: Replica;

beforeEach(async () => {
  clock = new FakeClock();
  cluster = new MemoryCluster();
  const options = { clock, idleTimeoutMs: IDLE, unseenUseMs: MINUTE };
  a = await startReplica(cluster, options);
  b = await startReplica(cluster, options);
});

/** Makes a session that runs, as both see it. */
async function running(): Promise<SessionHash> {
  const { session } = await a.sessions.create(owner, {});
  const hash = session.hash as SessionHash;
  await settled();
  for (const { runtime } of [a, b]) runtime.becomes(hash, { phase: "running" });
  await settled();
  return hash;
}

const desired = (hash: SessionHash) => cluster.get(hash)?.spec.desired;

describe("with two routers", () => {
  test("neither stops a session that is used through the other one, and its use is written once a minute", async () => {
    const hash = await running();
    const before = cluster.calls.length;
    for (let seconds = 0; seconds < 20 * 60; seconds += 10) {
      b.sessions.known.activity.touch(hash);
      await clock.pass(10_000);
      expect(desired(hash)).toBe("running");
    }
    expect(cluster.calls.length - before).toBeLessThanOrEqual(20);
  });

  test("a session that nobody uses any more is stopped, not before its time and soon after it", async () => {
    const hash = await running();
    await clock.pass(30_000);
    b.sessions.known.activity.touch(hash);
    // The last use is one that is not written: the minute is not over.
    await clock.pass(50_000);
    b.sessions.known.activity.touch(hash);
    await clock.pass(IDLE - 1);
    expect(desired(hash)).toBe("running");
    await clock.pass(MINUTE + 30_000);
    expect(desired(hash)).toBe("stopped");
    await settled();
    for (const { runtime } of [a, b]) expect(runtime.times("stop", hash)).toBe(1);
  });

  test("the agent's work that only the other one hears of counts as use", async () => {
    const hash = await running();
    await b.sessions.known.takeReport(hash, sampleReport({ status: sampleStatus({ busy: true }) }));
    await clock.pass(20 * MINUTE);
    expect(desired(hash)).toBe("running");
    await b.sessions.known.takeReport(hash, sampleReport());
    await clock.pass(IDLE + 2 * MINUTE + 30_000);
    expect(desired(hash)).toBe("stopped");
  });

  test("a wish is sent also by a router that has not heard yet of the opposite one", async () => {
    const hash = await running();
    await b.sessions.stop(hash);
    // Not a moment has passed: no watch has told it.
    await a.sessions.resume(hash);
    expect(desired(hash)).toBe("running");
    await settled();
    await b.sessions.resume(hash);
    await a.sessions.stop(hash);
    await settled();
    expect(desired(hash)).toBe("stopped");
  });
});
