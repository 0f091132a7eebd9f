import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SESSION_STATES } from "../../src/contracts/session.ts";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { ClusterClient, KINDS } from "../../src/runtimes/kubernetes/cluster-client.ts";
import { kubeconfigSource } from "../../src/runtimes/kubernetes/cluster-source.ts";
import { ObjectCache } from "../../src/runtimes/kubernetes/object-cache.ts";
import type { SessionResource } from "../../src/runtimes/kubernetes/objects.ts";
import { reflect } from "../../src/runtimes/kubernetes/reflector.ts";
import { ResourceRepository } from "../../src/runtimes/kubernetes/resource-repository.ts";
import { newResource } from "../../src/runtimes/kubernetes/session-resource.ts";
import { sampleSession } from "../harness/sample-session.ts";
import { startControlPlane, type ControlPlane } from "./harness/control-plane.ts";
import { MERGE_PATCH } from "./harness/test-api.ts";

const patient = { timeout: 60_000 };
const now = 1_790_000_000_123;
const session = sampleSession({ createdAt: now, lastActivity: now });
const { hash } = session;
const other = "ffffffffffff" as SessionHash;

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane?.[Symbol.asyncDispose]());

const pathOf = (namespace: string) => `/apis/opencode-router.dev/v1alpha1/namespaces/${namespace}/sessions`;

/** What a router has of the sessions in a namespace; a deaf one knows its own writes only. */
async function openRouter(namespace: string, { deaf = false } = {}) {
  const calls: string[] = [];
  const client = new ClusterClient({
    source: await kubeconfigSource(plane.kubeconfig({ namespace })),
    namespace,
    onCall: (...call) => calls.push(call.filter(Boolean).join(" ")),
  });
  const sessions = new ObjectCache<SessionResource>();
  const stop = new AbortController();
  const parts = { client, cache: sessions, clock: systemClock, log: silentLog };
  const reflection = deaf ? undefined : reflect({ ...parts, kind: KINDS.sessions, signal: stop.signal });
  await reflection?.synced;
  const repository = new ResourceRepository({ client, sessions, clock: systemClock, log: silentLog });
  const end = async () => {
    stop.abort();
    await reflection?.ended;
    await client.close();
  };
  return { repository, calls: () => calls.splice(0), [Symbol.asyncDispose]: end };
}

describe("the kind Session", () => {
  let sessions: string;
  let namespace: string;
  const make = (overrides: object = {}) => plane.api.call("POST", sessions, { ...newResource(session), ...overrides });
  const patch = (body: object, subresource = "") =>
    plane.api.call<SessionResource>("PATCH", `${sessions}/${hash}${subresource}`, body, MERGE_PATCH);
  const { spec } = newResource(session);

  beforeAll(async () => {
    namespace = await plane.namespace();
    sessions = pathOf(namespace);
    await make();
  });

  test.each([
    ["a name that is not the hash", { metadata: { name: other } }, /the name of a session is its hash/],
    ["a hash that is none", { metadata: { name: "0123" }, spec: { ...spec, hash: "0123" } }, /spec.hash/],
    ["an owner who is nobody", { spec: { ...spec, owner: "nobody" } }, /spec.owner.*should match/],
    ["an owner in capitals", { spec: { ...spec, owner: "Alice@example.org" } }, /spec.owner.*should match/],
    ["a wish that nobody can have", { spec: { ...spec, desired: "deleted" } }, /Unsupported value: "deleted"/],
    ["a repository without a branch", { spec: { ...spec, repository: { url: "u" } } }, /repository.branch: Required/],
    ["too long a message", { spec: { ...spec, initialMessage: "x".repeat(524_289) } }, /may not be more than 524288/],
    ["no wish at all", { spec: undefined }, /spec: Required/],
  ])("refuses %s", async (_, overrides, sentence) => {
    await expect(make(overrides)).rejects.toThrow(sentence);
  });

  test.each([
    ["hash", { hash: other }, /hash cannot change/],
    ["owner", { owner: "bob@example.org" }, /owner cannot change/],
    ["repository", { repository: { branch: "another" } }, /repository cannot change/],
    ["repository: it stays", { repository: null }, /cannot be given a repository later, or lose it/],
    ["time of creation", { createdAt: "2026-01-01T00:00:00Z" }, /createdAt cannot change/],
    ["time of creation: it stays", { createdAt: null }, /createdAt cannot change/],
  ])("keeps its %s", async (_, spec, sentence) => {
    await expect(patch({ spec })).rejects.toThrow(sentence);
  });

  test("gives a blank project no repository later", async () => {
    const { repository: _, ...blank } = spec;
    await make({ metadata: { name: other }, spec: { ...blank, hash: other } });
    const change = { spec: { repository: { url: "u", branch: "b", sourceBranch: "s" } } };
    const given = plane.api.call("PATCH", `${sessions}/${other}`, change, MERGE_PATCH);
    await expect(given).rejects.toThrow(/cannot be given a repository later/);
  });

  test("takes a status by its subresource only, and no wish by that", async () => {
    expect((await patch({ status: { state: "running" } })).status).toBeUndefined();
    const both = { status: { state: "running" }, spec: { desired: "stopped" } };
    expect(await patch(both, "/status")).toMatchObject({ status: { state: "running" }, spec: { desired: "running" } });
    await expect(patch({ status: { state: "dancing" } }, "/status")).rejects.toThrow(/Unsupported value: "dancing"/);
    for (const state of SESSION_STATES) await patch({ status: { state } }, "/status");
  });

  test("is shown by kubectl as people look for it", async () => {
    await patch({ status: { state: "running" } }, "/status");
    const [head, line] = (await plane.kubectl("get", "ocs", hash, "-n", namespace)).split("\n");
    expect(head?.split(/\s+/)).toEqual(["NAME", "OWNER", "REPOSITORY", "BRANCH", "STATE", "AGE"]);
    expect(line?.split(/\s+/).slice(0, 5)).toEqual([hash, session.owner, session.repoUrl, session.branch, "running"]);
    expect(await plane.kubectl("get", "sessions", hash, "-n", namespace, "-o", "wide")).toMatch(
      /WANTED +REASON +TITLE/,
    );
    expect(await plane.kubectl("explain", "sessions.spec.owner")).toMatch(/E-mail address of the person who created/);
  });
});

describe("a router's sessions", () => {
  test("are made, changed, read and removed with few calls", patient, async () => {
    await using router = await openRouter(await plane.namespace());
    const { repository, calls } = router;
    calls();
    expect(await repository.insert(session)).toBe(true);
    expect(calls()).toEqual(["create sessions"]);
    expect(await repository.insert(session)).toBe(false);
    calls();
    const failure = { reason: "clone_failed", message: "Sign in <again> & \u2028 Zażółć 🦦" } as const;
    const conversation = { id: "ses_1", directory: "/home/a/b" };
    const changes = { failure, failedStarts: 2, title: "", description: "d", conversation, lastActivity: now + 1 };
    expect(await repository.update(hash, changes)).toEqual({ ...session, ...changes });
    expect(calls()).toEqual(["patch sessions status"]);
    const wish = { desired: "stopped", failure: null, failedStarts: 0 } as const;
    expect(await repository.update(hash, wish)).toEqual({ ...session, ...changes, ...wish });
    expect(calls()).toEqual(["patch sessions", "patch sessions status"]);
    expect(await repository.get(hash)).toEqual({ ...session, ...changes, ...wish });
    expect(await repository.update(hash, { desired: "deleted" })).toMatchObject({ desired: "deleted" });
    await repository.remove(hash);
    expect(await repository.all()).toEqual([]);
    expect(await repository.update(hash, { title: "late" })).toBeUndefined();
  });

  test("are the same for two routers, though both write all the time", patient, async () => {
    const namespace = await plane.namespace();
    await using one = await openRouter(namespace);
    await using two = await openRouter(namespace);
    const made = await Promise.all([one, two, one, two].map(({ repository }) => repository.insert(session)));
    expect(made.filter(Boolean)).toHaveLength(1);
    await expect
      .poll(() => Promise.all([one, two].map(({ repository }) => repository.get(hash))))
      .toEqual([session, session]);
    const counted = { failedStarts: 1, failure: { reason: "timeout", message: "Try again." } } as const;
    await Promise.all([
      one.repository.update(hash, counted),
      two.repository.update(hash, counted),
      one.repository.update(hash, { title: "title" }),
      two.repository.update(hash, { lastActivity: now + 7 }),
      one.repository.update(hash, { lastActivity: now + 5 }),
    ]);
    const expected = { ...session, ...counted, title: "title", lastActivity: now + 7 };
    for (const { repository } of [one, two])
      await expect.poll(() => repository.get(hash)).toMatchObject({ ...expected, lastActivity: expect.any(Number) });
    await two.repository.remove(hash);
    await expect.poll(() => one.repository.get(hash)).toBeUndefined();
  });

  test("that are made anew with a name take no wish that was meant for the one before", patient, async () => {
    const namespace = await plane.namespace();
    await using router = await openRouter(namespace, { deaf: true });
    await router.repository.insert(session);
    await plane.api.call("DELETE", `${pathOf(namespace)}/${hash}`);
    await plane.api.call("POST", pathOf(namespace), newResource({ ...session, createdAt: now + 1 }));
    expect(await router.repository.update(hash, { desired: "stopped" })).toMatchObject({
      createdAt: now + 1,
      desired: "running",
    });
  });

  test("take at most 20 KB each in etcd, as full as they get", patient, async () => {
    const namespace = await plane.namespace();
    await using router = await openRouter(namespace);
    const hostile = `<&>"\\\u0001🦦`.repeat(2_000);
    const full = {
      ...session,
      repoUrl: `https://example.org/${"r".repeat(2_000)}`,
      branch: "b".repeat(240),
      sourceBranch: "s".repeat(240),
      initialMessage: hostile,
    };
    await router.repository.insert(full);
    await router.repository.update(hash, {
      initialMessageDone: true,
      failure: { reason: "sessiond_crashed", message: hostile },
      title: hostile,
      description: hostile,
      conversation: { id: "i".repeat(200), directory: `/${"d".repeat(4_095)}` },
    });
    const live = await plane.api.text(`${pathOf(namespace)}/${hash}`);
    expect(live.length).toBeGreaterThan(10_000);
    expect(Buffer.byteLength(live)).toBeLessThan(20_000);
  });
});
