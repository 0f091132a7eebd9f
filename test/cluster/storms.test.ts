import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Answer } from "../harness/http.ts";
import { eventually } from "../harness/eventually.ts";
import { refusal, type Intercept, type SeenCall } from "./harness/api-proxy.ts";
import { startFakeCluster, type FakeCluster } from "./harness/fake-cluster.ts";
import { inventory, misfits } from "./harness/inventory.ts";
import { startProxiedRouter, type ProxiedRouter } from "./proxied-router.ts";

let cluster: FakeCluster;
let scene: ProxiedRouter;

beforeAll(async () => {
  cluster = await startFakeCluster();
  scene = await startProxiedRouter(cluster);
});
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  scene.proxy.heal();
  scene.proxy.calls.length = 0;
});

const isPatch = ({ method }: SeenCall) => method === "PATCH";
const isCreate = ({ method }: SeenCall) => method === "POST";
const keyOf = ({ method, path }: SeenCall) => `${method} ${path}`;

/** The first calls of each kind of call to each object come to nothing. */
function failFirst(count: number, { which, how }: { which: (call: SeenCall) => boolean; how: Intercept }): Intercept {
  const failed = new Map<string, number>();
  return (call, forward) => {
    const before = failed.get(keyOf(call)) ?? 0;
    if (!which(call) || before >= count) return forward();
    failed.set(keyOf(call), before + 1);
    return how(call, forward);
  };
}

/** As a client is told to: again after a refusal that says when. */
async function insist(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 503) {
      expect(answer.status, answer.text).toBeLessThan(300);
      return answer;
    }
    const seconds = Number(answer.headers["retry-after"]);
    expect(seconds).toBeGreaterThan(0);
    await delay(seconds * 1000);
  }
}

const fits = () =>
  eventually(async () => expect(misfits(await inventory(cluster.plane.api, scene.namespace))).toEqual([]));

/** Makes a session, stops and starts it, and deletes it; each is asked for until it is taken. */
async function live(branch: string): Promise<void> {
  const { router } = scene;
  const body = { repoUrl: cluster.remote.url, branch, sourceBranch: "main", initialMessage: "Hello." };
  const { hash } = (await insist(() => router.api("POST", "/api/sessions", { body }))).json<{ hash: string }>();
  await router.waitFor(hash, "running");
  await insist(() => router.api("POST", `/api/sessions/${hash}/stop`));
  await router.waitFor(hash, "stopped");
  await fits();
  await insist(() => router.api("POST", `/api/sessions/${hash}/resume`));
  await router.waitFor(hash, "running");
  await fits();
  await insist(() => router.api("DELETE", `/api/sessions/${hash}`));
  await router.waitFor(hash, "gone");
  await eventually(async () =>
    expect(await inventory(cluster.plane.api, scene.namespace)).toEqual({
      sessions: [],
      pods: [],
      secrets: [],
      claims: [],
    }),
  );
}

describe("a session lives its life though", () => {
  test("the first three patches of everything meet a conflict", async () => {
    scene.proxy.intercept = failFirst(3, { which: isPatch, how: async () => refusal(409, "Conflict") });
    await live("conflicts");
    expect(scene.proxy.calls.length).toBeLessThan(100);
  });

  test.each([
    ["the API server breaks", async () => refusal(500, "InternalError")],
    ["the connection is cut before it is heard", async () => "reset" as const],
    [
      "the connection is cut after it was done",
      async (_call: SeenCall, forward: () => Promise<unknown>) => {
        await forward();
        return "reset" as const;
      },
    ],
  ])("at the first two creates of everything %s", async (what, how) => {
    scene.proxy.intercept = failFirst(2, { which: isCreate, how });
    await live(what.replaceAll(" ", "-"));
    expect(scene.proxy.calls.length).toBeLessThan(100);
  });

  test("the API server asks to come later, and nobody comes earlier", async () => {
    const seconds = 2;
    const how: Intercept = async () => refusal(429, "TooManyRequests", { "retry-after": `${seconds}` });
    scene.proxy.intercept = failFirst(1, { which: ({ method }) => method !== "GET", how });
    await live("later");
    expect(tooEarly(scene.proxy.calls, seconds * 1000)).toEqual([]);
    expect(scene.proxy.calls.filter(({ status }) => status === 429).length).toBeGreaterThan(5);
    expect(scene.proxy.calls.length).toBeLessThan(150);
  });
});

/** Calls to a path at a time for which the server had asked not to. */
function tooEarly(calls: readonly SeenCall[], waitMs: number): string[] {
  const notBefore = new Map<string, number>();
  return calls.flatMap((call) => {
    const key = keyOf(call);
    const early = (notBefore.get(key) ?? 0) - call.at;
    if (call.status === 429) notBefore.set(key, call.at + waitMs);
    // Timers fire a little early.
    return early > 50 ? [`${key} ${Math.round(early)} ms too early`] : [];
  });
}
