import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Call, isCovered } from "../../src/contracts/router-rights.ts";
import { runtimeContract } from "../../src/runtimes/runtime.contract.ts";
import { startControlPlane, type ControlPlane } from "./harness/control-plane.ts";
import { MinimalNode } from "./harness/minimal-node.ts";
import { kubernetesFixture } from "./kubernetes-fixture.ts";

const DEFINITION = new URL("../../src/deploy/crds/session.yaml", import.meta.url);
let plane: ControlPlane;
let node: MinimalNode;
let shared: string;
const calls = new Map<string, Call>();

beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), "ocr-cluster-"));
  await chmod(shared, 0o755);
  plane = await startControlPlane();
  await plane.apply(await readFile(DEFINITION, "utf8"));
  node = await MinimalNode.start(plane, { shared: [shared] });
});
afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  await plane?.[Symbol.asyncDispose]();
  await rm(shared, { recursive: true, force: true });
});

const onCall = (call: Call) => calls.set(`${call.verb} ${call.resource}`, call);
runtimeContract("kubernetes", () => kubernetesFixture({ plane, node, shared, onCall }));

test("the router's rights cover every call that was made", () => {
  expect(calls.size).toBeGreaterThan(8);
  expect([...calls.values()].filter((call) => !isCovered(call))).toEqual([]);
});
