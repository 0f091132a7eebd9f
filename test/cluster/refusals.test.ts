import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { eventually } from "../harness/eventually.ts";
import { stuckTerminating } from "./harness/claim-provisioner.ts";
import { startFakeCluster, type FakeCluster } from "./harness/fake-cluster.ts";
import { inventory, misfits } from "./harness/inventory.ts";
import { samplePod, shell } from "./harness/sample-pod.ts";
import { ApiFailure } from "./harness/test-api.ts";
import { startProxiedRouter, type ProxiedRouter } from "./proxied-router.ts";

let cluster: FakeCluster;

beforeAll(async () => {
  cluster = await startFakeCluster();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

async function create({ router }: ProxiedRouter): Promise<string> {
  const answer = await router.api("POST", "/api/sessions", { body: { initialMessage: "Hello." } });
  expect(answer.status, answer.text).toBe(201);
  return answer.json<Session>().hash;
}

const resume = ({ router }: ProxiedRouter, hash: string) => router.api("POST", `/api/sessions/${hash}/resume`);

/** What `kubectl` tells of a session. */
const shown = ({ namespace }: ProxiedRouter, hash: string, path: string): Promise<string> =>
  cluster.plane.kubectl("--namespace", namespace, "get", "sessions", hash, `--output=jsonpath=${path}`);

const fits = ({ namespace }: ProxiedRouter) =>
  eventually(async () => expect(misfits(await inventory(cluster.plane.api, namespace))).toEqual([]));

/** The person and the operator see the same failure, and nothing of the start is left but files. */
async function expectFailed(
  scene: ProxiedRouter,
  hash: string,
  failure: { reason: string; says: RegExp },
): Promise<void> {
  const session = await scene.router.waitFor(hash, "failed");
  expect(session).toMatchObject({ reason: failure.reason, message: expect.stringMatching(failure.says) as string });
  await eventually(async () =>
    expect(await shown(scene, hash, "{.status.state} {.status.failure.reason}")).toBe(`failed ${failure.reason}`),
  );
  expect(await shown(scene, hash, "{.status.failure.message}")).toBe(session.message);
  expect(await cluster.plane.kubectl("--namespace", scene.namespace, "get", "sessions", "--output=wide")).toMatch(
    new RegExp(`^${hash} .* failed .* ${failure.reason}`, "m"),
  );
  await eventually(async () => {
    const { pods, secrets } = await inventory(cluster.plane.api, scene.namespace);
    expect([...pods, ...secrets].map(({ metadata }) => metadata?.name)).toEqual([]);
  });
}

async function expectRecovers(scene: ProxiedRouter, hash: string): Promise<void> {
  expect((await resume(scene, hash)).status).toBe(202);
  await scene.router.waitFor(hash, "running");
  await fits(scene);
}

test("a session starts with at most 12 calls to the API", async () => {
  await using scene = await startProxiedRouter(cluster);
  const { proxy, router } = scene;
  await router.api("PUT", "/api/user/secrets/NPM_TOKEN", { body: { value: "a token" } });
  proxy.calls.length = 0;
  const hash = await create(scene);
  await router.waitFor(hash, "running");
  await fits(scene);
  const calls = proxy.calls.map(({ method, resource }) => `${method} ${resource}`);
  console.info(`${calls.length} calls: ${calls.join(", ")}`);
  expect(calls.length).toBeLessThanOrEqual(12);
});

test.each(["pods", "persistentvolumeclaims"])("a quota of %s: no room, until there is", async (resource) => {
  await using scene = await startProxiedRouter(cluster);
  const quotas = `/api/v1/namespaces/${scene.namespace}/resourcequotas`;
  await cluster.plane.api.call("POST", quotas, { metadata: { name: "none" }, spec: { hard: { [resource]: "0" } } });
  await eventually(async () =>
    expect(await cluster.plane.api.get(`${quotas}/none`)).toMatchObject({ status: { hard: { [resource]: "0" } } }),
  );
  const hash = await create(scene);
  await expectFailed(scene, hash, {
    reason: "unschedulable",
    says: /^The cluster has no room for the session: .*exceeded quota: none.* Stop sessions that are not needed, or ask/,
  });
  await cluster.plane.api.call("DELETE", `${quotas}/none`);
  await expectRecovers(scene, hash);
});

test("an admission policy that refuses the pod: its own words, until it is gone", async () => {
  await using scene = await startProxiedRouter(cluster);
  const policy = await refusePods(scene.namespace);
  const hash = await create(scene);
  await expectFailed(scene, hash, {
    reason: "config_failed",
    says: /^The cluster refused the session: .*no pods on a Saturday.* Ask the operator to correct it, then start/,
  });
  const made = scene.proxy.calls.filter(({ method, resource }) => method === "POST" && resource === "pods");
  expect(made).toHaveLength(1);
  await policy.withdraw();
  await expectRecovers(scene, hash);
});

test("no machine that fits: the session waits, and runs as soon as there is one; meanwhile it can be deleted", async () => {
  await using scene = await startProxiedRouter(cluster, { NODE_SELECTOR: "test.local/fast=yes" });
  const [hash, other] = [await create(scene), await create(scene)];
  await eventually(async () => {
    expect(await scene.router.session(hash)).toMatchObject({ state: "starting", progress: "scheduling" });
    expect(await shown(scene, hash, "{.status.state}")).toBe("starting");
  });
  expect((await scene.router.api("DELETE", `/api/sessions/${other}`)).status).toBe(204);
  await scene.router.waitFor(other, "gone");
  await cluster.plane.kubectl("label", "node", cluster.node.name, "test.local/fast=yes");
  await scene.router.waitFor(hash, "running");
  await fits(scene);
});

test("a claim that does not go: the session stays `deleting`, and a new one of its name waits until it is gone", async () => {
  await using scene = await startProxiedRouter(cluster);
  const { router, namespace } = scene;
  const hash = await create(scene);
  await router.waitFor(hash, "running");
  const claim = await stuckTerminating(
    cluster.plane.api,
    `/api/v1/namespaces/${namespace}/persistentvolumeclaims/home-${hash}`,
  );
  expect((await router.api("DELETE", `/api/sessions/${hash}`)).status).toBe(204);
  await eventually(async () => {
    const { pods, secrets, claims } = await inventory(cluster.plane.api, namespace);
    expect([pods.length, secrets.length, claims.length]).toEqual([0, 0, 1]);
    expect(claims[0]?.metadata?.deletionTimestamp).toBeDefined();
  });
  expect(await router.session(hash)).toMatchObject({ state: "deleting" });
  const again = await resume(scene, hash);
  expect([again.status, again.json<{ detail: string }>().detail]).toEqual([
    409,
    "The session is being deleted. Wait until it is gone, then create it again.",
  ]);
  await claim[Symbol.asyncDispose]();
  await router.waitFor(hash, "gone");
});

test("a claim that was taken away and does not go: the session waits for it, and starts with a new one", async () => {
  await using scene = await startProxiedRouter(cluster);
  const { router, namespace } = scene;
  const hash = await create(scene);
  await router.waitFor(hash, "running");
  expect((await router.api("POST", `/api/sessions/${hash}/stop`)).status).toBe(202);
  await router.waitFor(hash, "stopped");
  const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/home-${hash}`;
  const claim = await stuckTerminating(cluster.plane.api, path);
  await cluster.plane.api.call("DELETE", path);
  expect((await resume(scene, hash)).status).toBe(202);
  await eventually(async () => expect(await router.session(hash)).toMatchObject({ state: "starting" }));
  expect((await inventory(cluster.plane.api, namespace)).pods).toEqual([]);
  await claim[Symbol.asyncDispose]();
  await router.waitFor(hash, "running");
  await fits(scene);
});

/** Has the API server refuse every pod of a namespace; resolves when it does. */
async function refusePods(namespace: string): Promise<{ withdraw(): Promise<void> }> {
  const { api } = cluster.plane;
  const group = "/apis/admissionregistration.k8s.io/v1";
  const metadata = { name: `no-pods-${namespace}` };
  const resourceRules = [{ apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"] }];
  await api.call("POST", `${group}/validatingadmissionpolicies`, {
    metadata,
    spec: {
      failurePolicy: "Fail",
      matchConstraints: { resourceRules },
      validations: [{ expression: "false", message: "no pods on a Saturday" }],
    },
  });
  const namespaceSelector = { matchLabels: { "kubernetes.io/metadata.name": namespace } };
  await api.call("POST", `${group}/validatingadmissionpolicybindings`, {
    metadata,
    spec: { policyName: metadata.name, validationActions: ["Deny"], matchResources: { namespaceSelector } },
  });
  const isRefused = () =>
    api
      .call("POST", `/api/v1/namespaces/${namespace}/pods?dryRun=All`, probe)
      .then(() => false)
      .catch((error: unknown) => error instanceof ApiFailure && error.message.includes("no pods on a Saturday"));
  await eventually(async () => expect(await isRefused()).toBe(true));
  const withdraw = async () => {
    await api.call("DELETE", `${group}/validatingadmissionpolicybindings/${metadata.name}`);
    await api.call("DELETE", `${group}/validatingadmissionpolicies/${metadata.name}`);
    await eventually(async () => expect(await isRefused()).toBe(false));
  };
  return { withdraw };
}

/** Nothing else has a reason to refuse it. */
const probe = samplePod("probe", [], [shell("main", "true")]);
