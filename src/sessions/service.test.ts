import { describe, expect, test } from "vitest";
import type { Email } from "../contracts/email.ts";
import type { CreateSession } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import { FanOut } from "../lib/fan-out.ts";
import { silentLog } from "../lib/log.ts";
import { Secret } from "../lib/secret.ts";
import { FakeClock, settled } from "../../test/harness/fake-clock.ts";
import { FakeRuntime } from "../../test/harness/fake-runtime.ts";
import { MemorySessions } from "../../test/harness/memory-sessions.ts";
import { MemoryShares } from "../../test/harness/memory-shares.ts";
import { sampleSession } from "../../test/harness/sample-session.ts";
import { SAMPLE_URLS } from "../../test/harness/sample-urls.ts";
import type { RemoteHeads } from "./remote/remote-result.ts";
import { Sessions } from "./service.ts";
import type { SessionRecord, StoreChange } from "./store.ts";

const A = "aaaaaaaaaaaa" as SessionHash;
const B = "bbbbbbbbbbbb" as SessionHash;
const C = "cccccccccccc" as SessionHash;
const owner = "alice@example.org" as Email;
const wish: CreateSession = {
  repoUrl: "https://git.example.org/team/app.git",
  branch: "brave-otter",
  sourceBranch: "main",
  initialMessage: "Fix it",
};
const SECRET = new Secret("a-secret-of-the-tests");

async function open(records: readonly SessionRecord[] = [], heads: RemoteHeads = { ok: true, branches: ["main"] }) {
  const runtime = new FakeRuntime();
  const store = new MemorySessions(records);
  const asked: string[] = [];
  const sessions = await Sessions.open({
    store: {
      sessions: store,
      shares: new MemoryShares(),
      messages: { list: () => Promise.resolve([]), replace: () => Promise.resolve() },
      changes: new FanOut<StoreChange>(),
      ping: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    runtime,
    home: null,
    remote: {
      heads: async (url) => {
        asked.push(url);
        await settled();
        return heads;
      },
    },
    urls: SAMPLE_URLS,
    idSecret: SECRET,
    tokenSecret: SECRET,
    secretsOf: () => Promise.resolve({}),
    githubTokenOf: () => null,
    limits: { maxSessions: 3, maxRunning: 1, maxStarts: 16 },
    repositories: { allowLocal: false, allowedHosts: [] },
    readReport: () => Promise.reject(new Error("nothing answers in a fake")),
    idleTimeoutMs: 1_800_000,
    unseenUseMs: 0,
    clock: new FakeClock(),
    log: silentLog,
  });
  await settled();
  return { sessions, runtime, store, asked };
}

const outcomes = async (calls: readonly Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(calls)).map(({ status }) => status).toSorted();

describe("create", () => {
  test("many at once make one session and ask for one start", async () => {
    const { sessions, runtime, store } = await open();
    const made = await Promise.all(Array.from({ length: 20 }, () => sessions.create(owner, wish)));
    expect(made.filter(({ created }) => created)).toHaveLength(1);
    expect(store.records.size).toBe(1);
    await settled();
    expect(runtime.asked).toEqual([`start ${made[0]?.session.hash}`]);
  });

  test("the person's places are not passed by creating at once", async () => {
    const { sessions, store } = await open();
    const calls = ["one", "two", "three"].map((branch) => sessions.create(owner, { ...wish, branch }));
    expect(await outcomes(calls)).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(store.records.size).toBe(1);
  });

  test.each<RemoteHeads>([
    { ok: true, branches: ["other"] },
    { ok: false, code: "remote_unreachable", message: "It cannot be reached." },
  ])("a remote that says %o leaves nothing", async (heads) => {
    const { sessions, runtime, store } = await open([], heads);
    await expect(sessions.create(owner, wish)).rejects.toMatchObject({ name: "ProblemError" });
    expect(store.records.size).toBe(0);
    expect(runtime.asked).toEqual([]);
  });

  test("a session that exists is resumed without asking the remote", async () => {
    const { sessions, store, asked } = await open();
    const { session } = await sessions.create(owner, wish);
    asked.length = 0;
    await sessions.stop(session.hash as SessionHash);
    await settled();
    const again = await sessions.create(owner, { ...wish, initialMessage: "Something else" });
    expect(again).toMatchObject({ created: false, session: { hash: session.hash, state: "starting" } });
    expect(asked).toEqual([]);
    expect(store.records.get(session.hash as SessionHash)?.initialMessage).toBe("Fix it");
  });
});

describe("resume", () => {
  test("the person's places are not passed by resuming at once", async () => {
    const { sessions, runtime } = await open([A, B, C].map((hash) => sampleSession({ hash, desired: "stopped" })));
    expect(await outcomes([A, B, C].map((hash) => sessions.resume(hash)))).toEqual([
      "fulfilled",
      "rejected",
      "rejected",
    ]);
    await settled();
    expect(runtime.asked).toHaveLength(1);
  });

  test("of a failed session forgets the failure and starts", async () => {
    const failure = { reason: "clone_failed", message: "x" } as const;
    const { sessions, runtime } = await open([sampleSession({ hash: A, failure, failedStarts: 1 })]);
    expect(runtime.asked).toEqual([]);
    expect(await sessions.resume(A)).toMatchObject({ state: "starting" });
    await settled();
    expect(runtime.asked).toEqual([`start ${A}`]);
  });

  test("of a session that is being deleted is refused", async () => {
    const { sessions } = await open([sampleSession({ hash: A, desired: "deleted" })]);
    await expect(sessions.resume(A)).rejects.toMatchObject({ name: "ProblemError" });
  });
});

describe("a router that starts", () => {
  test("adopts what is wanted, and goes on with every wish", async () => {
    const { runtime, store } = await open([
      sampleSession({ hash: A }),
      sampleSession({ hash: B, desired: "stopped" }),
      sampleSession({ hash: C, desired: "deleted" }),
    ]);
    expect(runtime.adopted).toEqual([A]);
    await settled();
    expect(runtime.asked.toSorted()).toEqual([`remove ${C}`, `start ${A}`]);
    expect([...store.records.keys()]).toEqual([A, B]);
  });
});
