import type { V1Pod } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildClaim } from "../../src/runtimes/kubernetes/build-claim.ts";
import { buildPod } from "../../src/runtimes/kubernetes/build-pod.ts";
import { buildSessionSecret, buildUserSecret } from "../../src/runtimes/kubernetes/build-secret.ts";
import { blankSpec, fullOptions, hash, owner, plainOptions, repositorySpec } from "../runtime/pod-inputs.ts";
import { startControlPlane, type ControlPlane } from "./harness/control-plane.ts";
import { createNamespace } from "./harness/test-namespace.ts";

let plane: ControlPlane;
let namespace: string;
beforeAll(async () => {
  plane = await startControlPlane();
  namespace = await createNamespace(plane.api, "objects");
  const runtimeClass = { metadata: { name: fullOptions.runtimeClass }, handler: "runsc" };
  await plane.api.call("POST", "/apis/node.k8s.io/v1/runtimeclasses", runtimeClass);
});
afterAll(() => plane?.[Symbol.asyncDispose]());

/** All of validation and admission, and no field that the server does not know; nothing is kept. */
const offer = (plural: string, body: object) =>
  plane.api.call(
    "POST",
    `/api/v1/namespaces/${namespace}/${plural}?dryRun=All&fieldValidation=Strict`,
    JSON.parse(JSON.stringify(body)),
  );

test.each([
  ["with everything", buildPod(repositorySpec, owner, fullOptions)],
  ["with nothing that can be left out", buildPod(blankSpec, owner, plainOptions)],
])("the cluster takes a pod %s in a restricted namespace", async (_what, pod) => {
  // Defaults are added and empty values left out, so only the answer's kind can be compared.
  expect(await offer("pods", pod)).toMatchObject({ kind: "Pod", metadata: { name: `session-${hash}` } });
});

test("the cluster takes the claims and Secrets", async () => {
  for (const options of [fullOptions, plainOptions])
    expect(await offer("persistentvolumeclaims", buildClaim(hash, owner, options))).toMatchObject({
      kind: "PersistentVolumeClaim",
    });
  expect(await offer("secrets", buildSessionSecret(repositorySpec, owner, { overrides: "{}" }))).toMatchObject({
    kind: "Secret",
  });
  const { owner: email, secrets } = repositorySpec;
  expect(await offer("secrets", buildUserSecret(email, secrets))).toMatchObject({ kind: "Secret" });
});

test("the namespace is restricted: it refuses a pod with one right too many", async () => {
  const pod = JSON.parse(JSON.stringify(buildPod(repositorySpec, owner, fullOptions))) as V1Pod;
  delete pod.spec?.initContainers?.[0]?.securityContext?.capabilities;
  await expect(offer("pods", pod)).rejects.toThrow(/violates PodSecurity "restricted:latest".*chromium.*capabilities/);
});
