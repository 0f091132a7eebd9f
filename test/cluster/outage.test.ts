import { setTimeout as delay } from "node:timers/promises";
import type { V1ConfigMap } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { ClusterClient, KINDS } from "../../src/runtimes/kubernetes/cluster-client.ts";
import { kubeconfigSource } from "../../src/runtimes/kubernetes/cluster-source.ts";
import { ObjectCache } from "../../src/runtimes/kubernetes/object-cache.ts";
import { GROUP } from "../../src/contracts/cluster-names.ts";
import { type SessionResource } from "../../src/runtimes/kubernetes/objects.ts";
import { reflect } from "../../src/runtimes/kubernetes/reflector.ts";
import { eventually } from "../harness/eventually.ts";
import { call } from "../harness/http.ts";
import type { ApiCall } from "../harness/router.ts";
import { FaultRoom } from "./fault-room.ts";
import { ApiLine } from "./harness/api-line.ts";

const OUTAGE_MS = 60_000;
/** After an outage everybody who watches the API comes back in their own time: half a minute and more. */
const BACK_MS = 150_000;
const LIST = "/api/sessions";

let room: FaultRoom;
/** Between the router and the API server. */
let proxy: ApiLine;
beforeAll(async () => {
  room = await FaultRoom.open({
    async kubeconfig(plane, namespace) {
      proxy = await ApiLine.start(plane);
      return proxy.kubeconfig(await plane.serviceAccountToken(namespace, "router"), namespace);
    },
  });
});
afterEach(() => room.clear(), 180_000);
afterAll(async () => {
  await room?.[Symbol.asyncDispose]();
  await proxy?.[Symbol.asyncDispose]();
});

/** Asks again and again, until `stop`. `wrong` has every answer that was not as it should be. */
function ask(question: () => Promise<string | undefined>) {
  const stop = new AbortController();
  const wrong: string[] = [];
  let count = 0;
  const asking = (async () => {
    while (!stop.signal.aborted) {
      const problem = await question().catch(String);
      if (problem !== undefined) wrong.push(`${new Date().toISOString()} ${problem}`);
      count += 1;
      await delay(100);
    }
  })();
  const end = () => {
    stop.abort();
    return asking;
  };
  return { wrong, count: () => count, stop: end };
}

/** What would have to be written to the cluster is refused, and the answer says why and when to come again. */
async function refusedFor(method: string, path: string, how: ApiCall = {}): Promise<void> {
  const { status, headers, ...refused } = await room.router.api(method, path, how);
  const problem = { code: "unavailable", detail: "The cluster does not answer. Try again in a moment." };
  expect([status, refused.json()], `${method} ${path}`).toEqual([503, expect.objectContaining(problem)]);
  expect(Number(headers["retry-after"])).toBeGreaterThan(0);
}

test("an API server that is away for a minute ends nothing and keeps nobody from a session that runs", async () => {
  const { router, plane } = room;
  const hash = await room.running();
  const conversation = await room.converse(hash);
  const uid = await room.podUid(hash);
  const before = await eventually(async () => {
    const session = await router.session(hash);
    expect(session.url).toContain(conversation);
    return session;
  });

  const asking = [
    ask(async () => {
      const { status, text } = await router.onSession(hash, "/session");
      return status === 200 && text.includes(conversation) ? undefined : `session: ${status} ${text}`;
    }),
    ask(async () => {
      const { status, text } = await router.api("GET", LIST);
      const told = status === 200 ? (JSON.parse(text) as { sessions: Session[] }).sessions : [];
      const isRight = told.length === 1 && told[0]?.state === "running" && told[0].url === before.url;
      return isRight ? undefined : `list: ${status} ${text}`;
    }),
    ask(async () => {
      const { status, text } = await call(router.ports.internal, "/readyz");
      return status === 200 ? undefined : `readyz: ${status} ${text}`;
    }),
  ];
  await plane.stopApiServer("SIGKILL");
  try {
    const until = Date.now() + OUTAGE_MS;
    await refusedFor("POST", LIST, { body: {} });
    await refusedFor("POST", `${LIST}/${hash}/stop`);
    await refusedFor("DELETE", `${LIST}/${hash}`);
    // More at once than there are connections to the session already: new ones are made.
    const burst = await Promise.all(Array.from({ length: 32 }, () => router.onSession(hash, "/session")));
    expect(burst.map(({ status }) => status)).toEqual(burst.map(() => 200));
    await delay(until - Date.now());
  } finally {
    await plane.startApiServer();
    await Promise.all(asking.map((one) => one.stop()));
  }
  for (const { wrong, count } of asking) {
    expect(wrong).toEqual([]);
    expect(count()).toBeGreaterThan(100);
  }

  const created = await room.create();
  await eventually(async () => expect(await router.session(created)).toMatchObject({ state: "running" }), BACK_MS);
  expect(await room.podUid(hash)).toBe(uid);
  expect(await router.session(hash)).toMatchObject({ state: "running", url: before.url });
  await room.kubectlTells(hash, "running");
  expect((await router.api("POST", `${LIST}/${hash}/stop`)).status).toBe(202);
  await router.waitFor(hash, "stopped");
  expect(await room.podUid(hash)).toBeUndefined();
}, 300_000);

test("an API server that takes requests and never answers is told within the time limit of a call", async () => {
  const { router, plane } = room;
  const hash = await room.running();
  await plane.stopApiServer("SIGSTOP");
  try {
    await refusedFor("POST", LIST, { body: {} });
    expect((await router.onSession(hash, "/session")).status).toBe(200);
  } finally {
    await plane.startApiServer();
  }
  expect(await router.session(hash)).toMatchObject({ state: "running" });
});

test("what happened while the watches were down is found, though its history is compacted away", async () => {
  const { router, plane } = room;
  const [goes, stays, wakes] = [await room.running(), await room.running(), await room.running()];
  expect((await router.api("POST", `${LIST}/${wakes}/stop`)).status).toBe(202);
  await router.waitFor(wakes, "stopped");
  const uid = await room.podUid(stays);
  const sessions = `/apis/${GROUP}/v1alpha1/namespaces/${room.namespace}/sessions`;
  const model = await plane.api.get<SessionResource>(`${sessions}/${stays}`);
  const { resourceVersion } = model.metadata;

  proxy.hold();
  try {
    await room.kubectl("delete", "session", goes, "--cascade=foreground");
    expect(await room.podUid(goes)).toBeUndefined();
    const comes = {
      ...model,
      metadata: { name: "c0ffee000001" },
      spec: { ...model.spec, hash: "c0ffee000001" },
      status: undefined,
    };
    await plane.api.call("POST", sessions, comes);
    await room.kubectl("patch", "session", wakes, "--type=merge", '--patch={"spec":{"desired":"running"}}');
    await plane.compact();
    await plane.stopApiServer("SIGKILL");
    await plane.startApiServer();
    // So nobody can go on from what the router knew.
    const watch = `${sessions}?watch=1&timeoutSeconds=5&resourceVersion=${resourceVersion}`;
    await eventually(async () => expect(await plane.api.text(watch)).toContain('"code":410'));
    expect((await router.api("GET", `${LIST}/${goes}`)).json()).toMatchObject({ state: "running" });
  } finally {
    proxy.release();
  }
  await router.waitFor(goes, "gone");
  await router.waitFor("c0ffee000001", "running");
  await router.waitFor(wakes, "running");
  expect(await router.session(stays)).toMatchObject({ state: "running" });
  expect(await room.podUid(stays)).toBe(uid);
}, 300_000);

test("a watch that is cut silently is noticed by its silence, and what was missed is found", async () => {
  const { plane } = room;
  const namespace = await plane.namespace("silent");
  await using between = await ApiLine.start(plane);
  const client = new ClusterClient({
    source: await kubeconfigSource(await between.kubeconfig(plane.token(), namespace)),
    namespace,
  });
  const cache = new ObjectCache<V1ConfigMap>();
  const stop = new AbortController();
  const timing = { watchSeconds: 5, silenceMs: 3_000, resyncMs: 600_000 };
  const { configmaps } = KINDS;
  const parts = { client, kind: configmaps, labelSelector: "test=yes", clock: systemClock, log: silentLog };
  const reflection = reflect({ ...parts, cache, timing, signal: stop.signal });
  const make = (name: string) =>
    plane.api.call("POST", `/api/v1/namespaces/${namespace}/configmaps`, {
      metadata: { name, labels: { test: "yes" } },
    });
  try {
    await reflection.synced;
    await make("before");
    await expect.poll(() => cache.get("before"), { timeout: 60_000 }).toBeDefined();
    expect(between.connections).toBeGreaterThan(0);
    between.cutSilently();
    await make("missed");
    // Long enough for a watch that works, and short of the silence that tells.
    await delay(2_000);
    expect(cache.get("missed")).toBeUndefined();
    expect(reflection.status().failingSince).toBeUndefined();
    await eventually(async () => expect(cache.get("missed")).toBeDefined());
    await make("after");
    await eventually(async () => expect(cache.get("after")).toBeDefined());
  } finally {
    stop.abort();
    await reflection.ended;
    await client.close();
  }
});
