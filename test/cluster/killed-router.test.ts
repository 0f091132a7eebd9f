import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import type { TestRouter } from "../harness/router.ts";
import type { SeenCall } from "./harness/api-proxy.ts";
import { startFakeCluster, type FakeCluster } from "./harness/fake-cluster.ts";
import { inventory, misfits } from "./harness/inventory.ts";
import { startProxiedRouter, type ProxiedRouter } from "./proxied-router.ts";

let cluster: FakeCluster;

beforeAll(async () => {
  cluster = await startFakeCluster();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

const MESSAGE = "Mend the bicycle, please.";

const create = (router: TestRouter) =>
  router.api("POST", "/api/sessions", {
    body: { repoUrl: cluster.remote.url, branch: "brave-otter", sourceBranch: "main", initialMessage: MESSAGE },
  });

const creates = (plural: string, name: RegExp) => (call: SeenCall) =>
  call.method === "POST" &&
  call.resource === plural &&
  name.test((JSON.parse(call.body) as { metadata: { name: string } }).metadata.name);

/** Kills the router at a call; the API server has done it by then, or has never heard of it. @returns when it is dead */
function killAt(
  { proxy, router }: ProxiedRouter,
  { at, isDone }: { at: (call: SeenCall) => boolean; isDone: boolean },
) {
  return new Promise<void>((resolve) => {
    proxy.intercept = async (call, forward) => {
      if (!at(call)) return forward();
      // What else was on its way at that moment is heard of by nobody, either.
      proxy.intercept = async () => "reset";
      const answer = isDone ? await forward() : "reset";
      await router.end("SIGKILL");
      resolve();
      return answer;
    };
  });
}

const STEPS = [
  ["the session", creates("sessions", /./)],
  ["the person's Secret", creates("secrets", /^user-/)],
  ["the session's Secret", creates("secrets", /^session-/)],
  ["the claim", creates("persistentvolumeclaims", /./)],
  ["the pod", creates("pods", /./)],
] as const;

describe.each(STEPS)("a router that is killed when it makes %s", (step, at) => {
  test.each([
    ["before the API server hears of it", false],
    ["after it is done, and before it hears so", true],
  ])("%s: the next one starts the session, once", async (_when, isDone) => {
    await using scene = await startProxiedRouter(cluster);
    const { router, proxy, namespace } = scene;
    await router.api("PUT", "/api/user/secrets/NPM_TOKEN", { body: { value: "a token" } });
    const killed = killAt(scene, { at, isDone });
    const answer = await create(router).catch(() => undefined); // it may die before it answers
    if (answer) expect(answer.status, answer.text).toBe(201);
    await killed;
    const { sessions } = await inventory(cluster.plane.api, namespace);
    expect(sessions).toHaveLength(step === "the session" && !isDone ? 0 : 1);

    proxy.heal();
    await router.start();
    // Nobody was told that there is one: the person asks again.
    if (sessions.length === 0) expect((await create(router)).status).toBe(201);
    await expectOneThatRuns(scene);
  });
});

test("a router that is killed when it ends a pod: the next one leaves nothing of it but its files", async () => {
  await using scene = await startProxiedRouter(cluster);
  const { router, proxy, namespace } = scene;
  const { hash } = (await create(router)).json<{ hash: string }>();
  await router.waitFor(hash, "running");
  const killed = killAt(scene, {
    at: ({ method, resource }) => method === "DELETE" && resource === "pods",
    isDone: false,
  });
  expect((await router.api("POST", `/api/sessions/${hash}/stop`)).status).toBe(202);
  await killed;
  proxy.heal();
  await router.start();
  await router.waitFor(hash, "stopped");
  await eventually(async () => expect(misfits(await inventory(cluster.plane.api, namespace))).toEqual([]));
});

async function expectOneThatRuns({ router, proxy, namespace }: ProxiedRouter): Promise<void> {
  const { api } = cluster.plane;
  const [{ hash }] = (await router.api("GET", "/api/sessions")).json<{ sessions: [{ hash: string }] }>().sessions;
  await router.waitFor(hash, "running");
  await eventually(async () => expect(misfits(await inventory(api, namespace))).toEqual([]));
  const { sessions, pods, secrets, claims } = await inventory(api, namespace);
  expect([sessions.length, pods.length, secrets.length, claims.length]).toEqual([1, 1, 1, 1]);
  const made = proxy.calls.filter((call) => creates("pods", /./)(call) && call.status === 201);
  expect(made).toHaveLength(1);
  expect(decoded(secrets[0]?.data?.["initial-message"])).toBe(MESSAGE);
  const list = await api.get<{ items: { data: Record<string, string> }[] }>(
    `/api/v1/namespaces/${namespace}/secrets?labelSelector=app.kubernetes.io/component%3Duser-secrets`,
  );
  expect(list.items.map(({ data }) => decoded(data["NPM_TOKEN"]))).toEqual(["a token"]);
}

const decoded = (value = ""): string => Buffer.from(value, "base64").toString("utf8");
