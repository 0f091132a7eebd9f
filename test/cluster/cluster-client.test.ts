import type { V1ConfigMap, V1ResourceQuota } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { ClusterClient, KINDS, type Kind } from "../../src/runtimes/kubernetes/cluster-client.ts";
import { kubeconfigSource } from "../../src/runtimes/kubernetes/cluster-source.ts";
import { ObjectCache } from "../../src/runtimes/kubernetes/object-cache.ts";
import { reflect } from "../../src/runtimes/kubernetes/reflector.ts";
import { startControlPlane, type ControlPlane } from "./harness/control-plane.ts";

const { configmaps } = KINDS;
const quotas: Kind = { group: "", version: "v1", plural: "resourcequotas", namespaced: true };
const LABEL = { test: "yes" };
const patient = { timeout: 60_000 };

let plane: ControlPlane;
const open = new Set<ClusterClient>();
beforeAll(async () => {
  plane = await startControlPlane({ users: { visitor: [] } });
});
afterEach(async () => {
  for (const client of open) await client.close();
  open.clear();
});
afterAll(() => plane?.[Symbol.asyncDispose]());

async function connect(options: { user?: string; token?: string; namespace?: string } = {}) {
  const namespace = options.namespace ?? (await plane.namespace());
  const source = await kubeconfigSource(plane.kubeconfig({ ...options, namespace }));
  const calls: string[] = [];
  const client = new ClusterClient({
    source,
    namespace,
    onCall: (...call) => calls.push(call.filter(Boolean).join(" ")),
  });
  open.add(client);
  return { client, namespace, calls };
}

const configMap = (name: string, data: Record<string, string> = {}): V1ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, labels: LABEL },
  data,
});

function follow(client: ClusterClient) {
  const cache = new ObjectCache<V1ConfigMap>();
  const stop = new AbortController();
  const reflection = reflect({
    client,
    kind: configmaps,
    labelSelector: "test=yes",
    cache,
    clock: systemClock,
    log: silentLog,
    signal: stop.signal,
  });
  const names = () =>
    cache
      .all()
      .map(({ metadata }) => metadata?.name)
      .toSorted();
  const end = async () => {
    stop.abort();
    await reflection.ended;
  };
  return { cache, names, reflection, [Symbol.asyncDispose]: end };
}

test("an object is made, read, changed and deleted, and each call is told as RBAC names it", async () => {
  const { client, calls } = await connect();
  const made = await client.create(configmaps, configMap("one", { a: "1", b: "ü" }));
  expect(await client.get<V1ConfigMap>(configmaps, "one")).toEqual(made);
  const patched = await client.patch<V1ConfigMap>(configmaps, "one", { body: { data: { a: null, c: "3" } } });
  expect(patched.data).toEqual({ b: "ü", c: "3" });
  const replaced = await client.replace(configmaps, "one", { ...patched, data: { d: "4" } });
  expect(replaced.data).toEqual({ d: "4" });
  expect((await client.list<V1ConfigMap>(configmaps, { labelSelector: "test=yes" })).items).toHaveLength(1);
  expect(await client.delete(configmaps, "one", { uid: made.metadata?.uid ?? "", propagation: "Foreground" })).toBe(
    "deleted",
  );
  await expect.poll(() => client.get(configmaps, "one"), patient).toBeUndefined();
  expect(await client.delete(configmaps, "one")).toBe("absent");
  const verbs = ["create", "get", "patch", "update", "list", "delete"];
  expect(calls.slice(0, 6)).toEqual(verbs.map((verb) => `${verb} configmaps`));
});

test("a list comes in pages of one version", async () => {
  const { client } = await connect();
  for (const name of ["a", "b", "c"]) await client.create(configmaps, configMap(name));
  const first = await client.list<V1ConfigMap>(configmaps, { labelSelector: "test=yes", limit: 2 });
  expect(first.items.map(({ metadata }) => metadata?.name)).toEqual(["a", "b"]);
  const rest = { labelSelector: "test=yes", limit: 2, continue: first.continue };
  const last = await client.list<V1ConfigMap>(configmaps, rest);
  expect(last.items.map(({ metadata }) => metadata?.name)).toEqual(["c"]);
  expect(last).toEqual({ items: last.items, resourceVersion: first.resourceVersion });
});

test("the status of a resource is patched by itself", async () => {
  const { client, calls } = await connect();
  const name = "0123456789ab";
  const spec = {
    hash: name,
    owner: "ann@example.org",
    desired: "running",
    attachNonce: "nonce",
    createdAt: "2026-01-01T00:00:00Z",
  };
  await client.create(KINDS.sessions, {
    apiVersion: "opencode-router.dev/v1alpha1",
    kind: "Session",
    metadata: { name },
    spec,
  });
  const status = { state: "running" };
  const patched = await client.patch(KINDS.sessions, name, {
    body: { status, spec: { desired: "stopped" } },
    subresource: "status",
  });
  expect(patched).toMatchObject({ spec: { desired: "running" }, status });
  expect(calls.at(-1)).toBe("patch sessions status");
});

test("what is refused says how", async () => {
  const { client, namespace } = await connect();
  const made = await client.create(configmaps, configMap("one"));
  const old = made.metadata?.resourceVersion ?? "";
  await client.patch(configmaps, "one", { body: { data: { a: "1" } } });
  const other = "00000000-0000-0000-0000-000000000000";
  await client.create<V1ResourceQuota>(quotas, {
    metadata: { name: "small" },
    spec: { hard: { "count/secrets": "0" } },
  });
  await expect
    .poll(() => client.get<V1ResourceQuota>(quotas, "small"), patient)
    .toHaveProperty(["status", "hard", "count/secrets"], "0");
  const visitor = await connect({ user: "visitor", namespace });
  const stranger = await connect({ token: "wrong", namespace });
  const refusals: Record<string, () => Promise<unknown>> = {
    alreadyExists: () => client.create(configmaps, configMap("one")),
    notFound: () => client.patch(configmaps, "two", { body: {} }),
    conflict: () =>
      client.replace(configmaps, "one", {
        ...configMap("one"),
        metadata: { name: "one", resourceVersion: old },
      }),
    conflict2: () =>
      client.patch(configmaps, "one", { body: { metadata: { resourceVersion: old }, data: { a: "2" } } }),
    conflict3: () => client.delete(configmaps, "one", { uid: other }),
    conflict4: () => client.delete(configmaps, "one", { resourceVersion: old }),
    invalid: () => client.create(configmaps, configMap("Not A Name")),
    invalid2: () => client.create(configmaps, { ...configMap("two"), kind: "Pod" }),
    quota: () => client.create(KINDS.secrets, { metadata: { name: "secret" } }),
    forbidden: () => visitor.client.list(configmaps),
    forbidden2: () =>
      client.create(KINDS.pods, {
        metadata: { name: "rude" },
        spec: { containers: [{ name: "a", image: "b" }] },
      }),
    unauthorised: () => stranger.client.list(configmaps),
  };
  for (const [kind, refusal] of Object.entries(refusals))
    await expect(refusal(), kind).rejects.toMatchObject({ name: "ApiError", kind: kind.replace(/\d/, "") });
  await expect(refusals["quota"]?.()).rejects.toThrow('secrets "secret" is forbidden: exceeded quota: small');
  await expect(client.get(configmaps, "../secrets")).resolves.toBeUndefined();
});

test("a cache follows what happens", async () => {
  const { client, calls } = await connect();
  const [one] = await Promise.all([
    client.create(configmaps, configMap("one")),
    client.create(configmaps, configMap("two")),
  ]);
  await using followed = follow(client);
  await followed.reflection.synced;
  expect(followed.names()).toEqual(["one", "two"]);
  await client.create(configmaps, configMap("three"));
  await client.delete(configmaps, "two");
  const changed = await client.patch<V1ConfigMap>(configmaps, "one", { body: { data: { a: "1" } } });
  await expect.poll(followed.names, patient).toEqual(["one", "three"]);
  await expect.poll(() => followed.cache.get("one")?.data, patient).toEqual({ a: "1" });
  followed.cache.put(one);
  expect(followed.cache.get("one")?.metadata?.resourceVersion).toBe(changed.metadata?.resourceVersion);
  expect(calls.filter((call) => call === "list configmaps")).toHaveLength(1);
});

test("an outage of the API server leaves what is known, and what happened meanwhile is found after it", async () => {
  const { client } = await connect();
  const { client: other } = await connect();
  await client.create(configmaps, configMap("stays"));
  await client.create(configmaps, configMap("goes"));
  await using followed = follow(client);
  await followed.reflection.synced;
  await plane.stopApiServer("SIGKILL");
  await expect.poll(() => followed.reflection.status().failingSince, patient).toBeGreaterThan(0);
  await expect(other.create(configmaps, configMap("late"))).rejects.toMatchObject({ kind: "transient" });
  expect(followed.names()).toEqual(["goes", "stays"]);
  await plane.startApiServer();
  await client.delete(configmaps, "goes");
  await client.create(configmaps, configMap("comes"));
  await expect.poll(followed.names, patient).toEqual(["comes", "stays"]);
  expect(followed.reflection.status().failingSince).toBeUndefined();
});

test("a history that was compacted away during an outage is not missed", async () => {
  const { client } = await connect();
  await client.create(configmaps, configMap("goes"));
  const { resourceVersion } = await client.list(configmaps);
  await using followed = follow(client);
  await followed.reflection.synced;
  await client.create(configmaps, configMap("comes"));
  await client.delete(configmaps, "goes");
  await plane.compact();
  await plane.stopApiServer("SIGKILL");
  await plane.startApiServer();
  expect(await firstEvent(client, resourceVersion)).toMatchObject({ type: "ERROR", object: { code: 410 } });
  await expect.poll(followed.names, patient).toEqual(["comes"]);
});

async function firstEvent(client: ClusterClient, resourceVersion: string): Promise<unknown> {
  const { signal } = new AbortController();
  for await (const event of client.watch(configmaps, { resourceVersion, timeoutSeconds: 5, signal })) return event;
  return undefined;
}
