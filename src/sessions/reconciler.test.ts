import { describe, expect, test } from "vitest";
import type { SessionHash } from "../contracts/session-hash.ts";
import { silentLog } from "../lib/log.ts";
import { Secret } from "../lib/secret.ts";
import { FakeClock, settled } from "../../test/harness/fake-clock.ts";
import { FakeRuntime } from "../../test/harness/fake-runtime.ts";
import { MemorySessions } from "../../test/harness/memory-sessions.ts";
import { sampleSession } from "../../test/harness/sample-session.ts";
import { MAX_FAILED_STARTS } from "./decide.ts";
import { Reconciler } from "./reconciler.ts";
import { SessionRegistry } from "./registry.ts";
import { SessionKeys } from "./session-keys.ts";
import type { SessionPatch, SessionRecord } from "./store.ts";

const A = "aaaaaaaaaaaa" as SessionHash;
const B = "bbbbbbbbbbbb" as SessionHash;
const HOUR = 3_600_000;

/** A reconciler over sessions that are wanted running and not there. */
async function open(hashes: readonly SessionHash[], { maxStarts = 16, readSecrets = () => Promise.resolve() } = {}) {
  const clock = new FakeClock();
  const runtime = new FakeRuntime();
  const store = new MemorySessions(hashes.map((hash) => sampleSession({ hash })));
  const registry = await SessionRegistry.load(store);
  const keys = new SessionKeys(new Secret("token-secret-of-the-tests"));
  const specOf = (record: SessionRecord) =>
    readSecrets().then(() => keys.spec(record, { secrets: {}, githubToken: null }));
  const reconciler = new Reconciler({ registry, runtime, specOf, clock, log: silentLog, maxStarts });
  runtime.onChange((hash) => reconciler.wake(hash));
  const want = async (hash: SessionHash, patch: SessionPatch) => {
    await registry.update(hash, patch);
    reconciler.wake(hash);
    await settled();
  };
  for (const hash of hashes) reconciler.wake(hash);
  await settled();
  return { clock, runtime, registry, reconciler, want };
}

describe("starts that fail", () => {
  test("a timer that fires a moment too early does not lose the next start", async () => {
    const { clock, runtime } = await open([A]);
    clock.earlyMs = 1;
    runtime.fails(A, "sessiond_crashed");
    await settled();
    clock.earlyMs = 0;
    await clock.pass(1_010);
    expect(runtime.times("start", A)).toBe(2);
  });

  test("five in a row are the end of it, each after a longer pause", async () => {
    const { clock, runtime, registry } = await open([A]);
    for (const [index, pause] of [1_000, 2_000, 4_000, 8_000].entries()) {
      expect(runtime.times("start", A)).toBe(index + 1);
      runtime.fails(A, "sessiond_crashed");
      await clock.pass(pause - 1);
      expect(runtime.times("start", A)).toBe(index + 1);
      await clock.pass(1);
    }
    expect(runtime.times("start", A)).toBe(MAX_FAILED_STARTS);
    expect(registry.get(A)).toMatchObject({ failure: null, failedStarts: 4 });
    runtime.fails(A, "sessiond_crashed");
    await clock.pass(24 * HOUR);
    expect(runtime.times("start", A)).toBe(MAX_FAILED_STARTS);
    expect(registry.get(A)).toMatchObject({ failure: { reason: "sessiond_crashed" }, failedStarts: MAX_FAILED_STARTS });
  });

  test("one that needs a person is not repeated", async () => {
    const { clock, runtime, registry } = await open([A]);
    runtime.fails(A, "clone_failed");
    await clock.pass(HOUR);
    expect(runtime.times("start", A)).toBe(1);
    expect(registry.get(A)?.failure).toEqual({ reason: "clone_failed", message: "It failed: clone_failed." });
    expect(runtime.observe(A).phase).toBe("absent");
  });

  test("one that succeeds begins the count anew", async () => {
    const { clock, runtime, registry } = await open([A]);
    for (let round = 0; round < 2 * MAX_FAILED_STARTS; round++) {
      runtime.fails(A, "sessiond_crashed");
      await clock.pass(HOUR);
      runtime.becomes(A, { phase: "running" });
      await settled();
      expect(registry.get(A)).toMatchObject({ failure: null, failedStarts: 0 });
    }
  });

  test("a person who resumes does not wait for the pause", async () => {
    const { runtime, want } = await open([A]);
    runtime.fails(A, "sessiond_crashed");
    await settled();
    await want(A, { desired: "stopped", failure: null, failedStarts: 0 });
    await want(A, { desired: "running", failure: null, failedStarts: 0 });
    expect(runtime.times("start", A)).toBe(2);
  });

  test("a stop during the pause is the end of it", async () => {
    const { clock, runtime, want } = await open([A]);
    runtime.fails(A, "sessiond_crashed");
    await settled();
    await want(A, { desired: "stopped" });
    await clock.pass(HOUR);
    expect(runtime.times("start", A)).toBe(1);
  });
});

describe("places to start", () => {
  test("a session waits until another has left its place", async () => {
    const { runtime, reconciler } = await open([A, B], { maxStarts: 1 });
    expect(runtime.asked).toEqual([`start ${A}`]);
    expect(reconciler.starting()).toBe(1);
    runtime.becomes(A, { phase: "starting", stage: "cloning" });
    await settled();
    expect(runtime.times("start", B)).toBe(0);
    runtime.becomes(A, { phase: "running" });
    await settled();
    expect(runtime.times("start", B)).toBe(1);
  });

  test("a session has its place while its secrets are read, and leaves it when they cannot be", async () => {
    let found = (): void => {};
    const slow = await open([A, B], { maxStarts: 1, readSecrets: () => new Promise((resolve) => (found = resolve)) });
    expect([slow.reconciler.starting(), slow.runtime.asked]).toEqual([1, []]);
    found();
    await settled();
    expect([slow.reconciler.starting(), slow.runtime.asked]).toEqual([1, [`start ${A}`]]);

    const broken = await open([A], { maxStarts: 1, readSecrets: () => Promise.reject(new Error("no database")) });
    expect([broken.reconciler.starting(), broken.runtime.asked]).toEqual([0, []]);
  });

  test("a stop while its secrets are read is the end of a start", async () => {
    let found = (): void => {};
    const { runtime, want } = await open([A], { readSecrets: () => new Promise((resolve) => (found = resolve)) });
    await want(A, { desired: "stopped" });
    found();
    await settled();
    expect(runtime.times("start", A)).toBe(0);
  });

  test("a change of one session is not a look at all those that wait", async () => {
    const many = Array.from({ length: 300 }, (_, index) => index.toString(16).padStart(12, "0") as SessionHash);
    const { runtime, reconciler } = await open(many, { maxStarts: 16 });
    expect([runtime.asked.length, reconciler.starting()]).toEqual([16, 16]);
    const [first = A] = many;
    const before = runtime.observations;
    runtime.becomes(first, { phase: "starting", stage: "booting" });
    await settled();
    expect(runtime.observations - before).toBeLessThan(300);
    runtime.becomes(first, { phase: "running" });
    await settled();
    expect([runtime.asked.length, reconciler.starting()]).toEqual([17, 16]);
  });

  test("a session that is no longer wanted leaves the place to the next that waits", async () => {
    const C = "cccccccccccc" as SessionHash;
    const { runtime, want } = await open([A, B, C], { maxStarts: 1 });
    await want(B, { desired: "stopped" });
    runtime.becomes(A, { phase: "running" });
    await settled();
    expect([runtime.times("start", B), runtime.times("start", C)]).toEqual([0, 1]);
  });

  test("a failed start leaves its place, too", async () => {
    const { runtime } = await open([A, B], { maxStarts: 1 });
    runtime.fails(A, "clone_failed");
    await settled();
    expect(runtime.times("start", B)).toBe(1);
  });

  test("a stop wins over a start that waits", async () => {
    const { runtime, want } = await open([A, B], { maxStarts: 1 });
    await want(B, { desired: "stopped" });
    runtime.becomes(A, { phase: "running" });
    await settled();
    expect(runtime.times("start", B)).toBe(0);
  });
});

describe("ends", () => {
  test("a new start waits until the old processes are gone", async () => {
    const { runtime, want } = await open([A]);
    runtime.becomes(A, { phase: "running" });
    let gone = (): void => {};
    runtime.ending = () => new Promise((resolve) => (gone = resolve));
    await want(A, { desired: "stopped" });
    await want(A, { desired: "running" });
    expect(runtime.times("start", A)).toBe(1);
    gone();
    await settled();
    expect(runtime.asked).toEqual([`start ${A}`, `stop ${A}`, `start ${A}`]);
  });

  test("a stop that fails is tried again, later each time", async () => {
    const { clock, runtime, want } = await open([A]);
    runtime.becomes(A, { phase: "running" });
    runtime.ending = async () => {
      runtime.becomes(A, { phase: "running" });
      throw new Error("it does not end");
    };
    await want(A, { desired: "stopped" });
    const before = runtime.times("stop", A);
    await clock.pass(HOUR);
    const tried = runtime.times("stop", A);
    expect(tried).toBeGreaterThan(before);
    runtime.ending = () => Promise.resolve();
    await clock.pass(HOUR);
    expect(runtime.observe(A).phase).toBe("absent");
    expect(runtime.times("stop", A)).toBe(tried + 1);
  });

  test("a deleted session's record goes last", async () => {
    const { clock, runtime, registry, want } = await open([A]);
    runtime.becomes(A, { phase: "running" });
    runtime.ending = () => Promise.reject(new Error("a file cannot be removed"));
    await want(A, { desired: "deleted" });
    expect(registry.get(A)?.desired).toBe("deleted");
    runtime.ending = () => Promise.resolve();
    await clock.pass(HOUR);
    expect(registry.get(A)).toBeUndefined();
    expect(runtime.observe(A).phase).toBe("absent");
    expect(runtime.times("start", A)).toBe(1);
  });

  test("after close nothing begins", async () => {
    const { clock, runtime, reconciler, want } = await open([A, B]);
    runtime.fails(A, "sessiond_crashed");
    await settled();
    await reconciler.close();
    const asked = [...runtime.asked];
    await want(B, { desired: "stopped" });
    await clock.pass(HOUR);
    expect(runtime.asked).toEqual(asked);
  });
});
