import type { V1Secret } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import type { TestRouter } from "../harness/router.ts";
import { grantRouter, startClusterRouter } from "./cluster-router.ts";
import { startControlPlane, type ControlPlane } from "./harness/control-plane.ts";
import { MinimalNode } from "./harness/minimal-node.ts";

let plane: ControlPlane;
let node: MinimalNode;
let router: TestRouter;
let namespace: string;

beforeAll(async () => {
  plane = await startControlPlane();
  node = await MinimalNode.start(plane);
  namespace = await plane.namespace("story");
  await grantRouter(plane, namespace);
  router = await startClusterRouter({ plane, namespace });
});
afterAll(async () => {
  await router?.[Symbol.asyncDispose]();
  await node?.[Symbol.asyncDispose]();
  await plane?.[Symbol.asyncDispose]();
});

const kubectl = (...args: string[]) => plane.kubectl("--namespace", namespace, ...args);
/** What there is of sessions, as `kind/name`. */
const objects = async (): Promise<string[]> =>
  (await kubectl("get", "sessions,pods,secrets,pvc", "--output=name")).trim().split("\n").filter(Boolean);

async function create(): Promise<string> {
  const answer = await router.api("POST", "/api/sessions", { body: {} });
  expect(answer.status).toBe(201);
  return answer.json<{ hash: string }>().hash;
}

test("from create to delete: used, stopped, woken by a request, and gone with everything that it owned", async () => {
  const hash = await create();
  await router.waitFor(hash, "running");
  const made = await router.onSession(hash, "/session", {
    method: "POST",
    headers: { "content-type": "application/json", origin: `http://${router.sessionHost(hash)}` },
    body: "{}",
  });
  expect(made.status).toBe(200);
  const { id } = made.json<{ id: string }>();
  expect(await kubectl("get", "ocs", hash)).toMatch(new RegExp(`${hash}.*Running`, "i"));

  expect((await router.api("POST", `/api/sessions/${hash}/stop`)).status).toBeLessThan(300);
  await router.waitFor(hash, "stopped");
  expect(await objects()).toEqual([`session.opencode-router.dev/${hash}`, `persistentvolumeclaim/home-${hash}`]);

  const woken = await eventually(async () => {
    const answer = await router.onSession(hash, "/session");
    expect(answer.status).toBe(200);
    return answer;
  }, 60_000);
  expect(woken.text).toContain(id);

  expect((await router.api("DELETE", `/api/sessions/${hash}`)).status).toBeLessThan(300);
  await eventually(async () => expect(await objects()).toEqual([]), 60_000);
  expect((await router.api("GET", `/api/sessions/${hash}`)).status).toBe(404);
});

test("the sign-in's token for GitHub is in the session's Secret while it runs, the newest one, and nowhere after", async () => {
  const signIn = (token: string) => router.api("GET", "/api/me", { headers: { "x-auth-request-access-token": token } });
  const kept = async () => {
    const { data = {} } = await plane.api.get<V1Secret>(`/api/v1/namespaces/${namespace}/secrets/session-${hash}`);
    return Buffer.from(data["github-token"] ?? "", "base64").toString();
  };
  await signIn("gho_first1234567890");
  const hash = await create();
  await router.waitFor(hash, "running");
  expect(await kept()).toBe("gho_first1234567890");
  await signIn("gho_second1234567890");
  await eventually(async () => expect(await kept()).toBe("gho_second1234567890"));
  const pod = await kubectl("get", "pod", `session-${hash}`, "--output=yaml");
  for (const token of ["gho_first1234567890", "gho_second1234567890"]) {
    expect(pod).not.toContain(token);
    expect(router.output).not.toContain(token);
  }
  await router.api("DELETE", `/api/sessions/${hash}`);
  await eventually(async () => expect(await objects()).toEqual([]), 60_000);
});

test("`kubectl delete session` cleans up, and the router lets it go", async () => {
  const hash = await create();
  await router.waitFor(hash, "running");
  await kubectl("delete", "session", hash, "--wait=false");
  await eventually(async () => expect(await objects()).toEqual([]), 60_000);
  await eventually(async () => expect((await router.api("GET", `/api/sessions/${hash}`)).status).toBe(404));
});
