import { afterAll, beforeAll, expect, test } from "vitest";
import { startControlPlane, type ControlPlane } from "./harness/control-plane.ts";
import type { ApiFailure } from "./harness/test-api.ts";

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane({ users: { visitor: [] } });
});
afterAll(() => plane?.[Symbol.asyncDispose]());

const configMap = (name: string) => ({ metadata: { name }, data: { key: "value" } });

test("a user may do only what RBAC grants", async () => {
  const namespace = await plane.namespace();
  await using visitor = plane.apiAs("visitor");
  await expect(visitor.get(`/api/v1/namespaces/${namespace}/secrets`)).rejects.toThrow(/403 .*"visitor" cannot list/);
  await plane.kubectl("-n", namespace, "create", "rolebinding", "look", "--clusterrole=view", "--user=visitor");
  await expect(visitor.get(`/api/v1/namespaces/${namespace}/configmaps`)).resolves.toBeDefined();
});

test("a pod that breaks the restricted profile is refused", async () => {
  const namespace = await plane.namespace();
  const pod = { metadata: { name: "rude" }, spec: { containers: [{ name: "main", image: "example" }] } };
  const refusal = plane.api.call("POST", `/api/v1/namespaces/${namespace}/pods`, pod);
  await expect(refusal).rejects.toThrow(/403 .*violates PodSecurity "restricted/);
});

test("what is owned goes with its owner", async () => {
  const namespace = await plane.namespace();
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const owner = await plane.api.call<{ metadata: { uid: string } }>("POST", path, configMap("owner"));
  const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner.metadata.uid }];
  const owned = configMap("owned");
  await plane.api.call("POST", path, { ...owned, metadata: { ...owned.metadata, ownerReferences } });
  await plane.api.call("DELETE", `${path}/owner`);
  await expect.poll(() => plane.api.find(`${path}/owned`), { timeout: 60_000 }).toBeUndefined();
});

test("after an outage everything is there, and the compacted past is gone for watches", async () => {
  const namespace = await plane.namespace();
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const { metadata } = await plane.api.call<{ metadata: { resourceVersion: string } }>("POST", path, configMap("one"));
  await plane.api.call("POST", path, configMap("two"));
  await plane.compact();
  await plane.stopApiServer("SIGKILL");
  await expect(plane.api.get(path)).rejects.toThrow();
  await plane.startApiServer();
  await expect(plane.api.get(path)).resolves.toHaveProperty("items.length", 3);
  const past = plane.api.text(`${path}?watch=1&timeoutSeconds=5&resourceVersion=${metadata.resourceVersion}`);
  await expect(past.catch((error: ApiFailure) => error.message)).resolves.toMatch(/410|Expired/);
});
