import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../harness/http.ts";
import { processesWith } from "../harness/processes.ts";
import { stuckTerminating } from "./harness/claim-provisioner.ts";
import { startControlPlane, type ControlPlane } from "./harness/control-plane.ts";
import { FakeNode } from "./harness/fake-node.ts";
import { MinimalNode, SESSION_IMAGE } from "./harness/minimal-node.ts";
import { sampleClaim, samplePod, shell } from "./harness/sample-pod.ts";

let plane: ControlPlane;
let node: MinimalNode;
beforeAll(async () => {
  plane = await startControlPlane();
  node = await MinimalNode.start(plane);
});
afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  await plane?.[Symbol.asyncDispose]();
});

/** A namespace with the claim `home`, and what one does to pods in it. */
async function home() {
  const namespace = await plane.namespace();
  const core = `/api/v1/namespaces/${namespace}`;
  await plane.api.call("POST", `${core}/persistentvolumeclaims`, sampleClaim);
  const find = (name: string) => plane.api.find<V1Pod>(`${core}/pods/${name}`);
  return {
    namespace,
    core,
    find,
    create: (pod: V1Pod) => plane.api.call<V1Pod>("POST", `${core}/pods`, pod),
    sees: (name: string, good: (pod: V1Pod) => boolean) =>
      eventually(
        () => find(name),
        (pod) => pod !== undefined && good(pod),
      ) as Promise<V1Pod>,
    async remove(name: string) {
      await plane.api.call("DELETE", `${core}/pods/${name}`);
      await eventually(
        () => find(name),
        (pod) => pod === undefined,
      );
    },
  };
}

const condition = (pod: V1Pod, type: string) => pod.status?.conditions?.find((one) => one.type === type);
const isReady = (pod: V1Pod) => condition(pod, "Ready")?.status === "True";
const isOver = (pod: V1Pod) => ["Failed", "Succeeded"].includes(pod.status?.phase ?? "");
const first = (list: V1ContainerStatus[] | undefined) => list?.[0];

test("a restricted pod comes up; its files outlive it, its processes do not", async () => {
  const { namespace, core, create, sees, remove } = await home();
  const ready = { ...shell("main", `MARK=${namespace}; export MARK; test -e made && touch up; sleep 1000`) };
  const probe = { exec: { command: ["test", "-e", "/home/opencode/up"] }, periodSeconds: 1 };
  const pod = samplePod(
    "one",
    [shell("make", "echo $(id -u) >made; ! touch /x"), shell("check", "grep -q 1000 made")],
    [{ ...ready, env: [{ name: "MARK", value: namespace }], startupProbe: probe, readinessProbe: probe }],
  );
  await create(pod);
  const up = await sees("one", isReady);
  expect(up.status).toMatchObject({ phase: "Running", hostIP: "127.0.0.1" });
  expect(up.status?.podIP).toBe(node.podIP({ namespace, name: "one" }));
  expect(up.status?.initContainerStatuses?.map(({ state }) => state?.terminated?.reason)).toEqual([
    "Completed",
    "Completed",
  ]);
  await expect(plane.api.get(`${core}/persistentvolumeclaims/home`)).resolves.toHaveProperty("status.phase", "Bound");
  expect((await processesWith(`MARK=${namespace}`)).length).toBeGreaterThan(0);
  await remove("one");
  expect(await processesWith(`MARK=${namespace}`)).toEqual([]);

  await create(samplePod("two", [], [shell("main", "ls made up")]));
  const over = await sees("two", isOver);
  expect(over.status?.phase).toBe("Succeeded");
  expect(condition(over, "Ready")).toMatchObject({ status: "False", reason: "PodCompleted" });
});

test("the image's own entry point runs: sessiond and opencode, as their health check finds them", async () => {
  const { namespace, core, create, sees, remove } = await home();
  const secret = { metadata: { name: "session" }, stringData: { key: "k".repeat(43) } };
  await plane.api.call("POST", `${core}/secrets`, secret);
  const probe = { exec: { command: ["/opt/opencode-router/healthcheck.sh"] }, periodSeconds: 1, timeoutSeconds: 6 };
  const { command: _, ...main } = shell("main", "");
  const pod = samplePod(
    "session",
    [shell("make", "mkdir workspace")],
    [
      {
        ...main,
        env: [
          { name: "SESSION_HASH", value: "0123456789ab" },
          { name: "SESSION_KEY_FILE", value: "/run/session/key" },
          { name: "ROUTER_URL", value: "http://127.0.0.1:9" },
        ],
        startupProbe: { ...probe, failureThreshold: 120 },
        readinessProbe: probe,
      },
    ],
  );
  pod.spec?.volumes?.push({ name: "session", secret: { secretName: "session", defaultMode: 0o440 } });
  pod.spec?.containers[0]?.volumeMounts?.push({ name: "session", mountPath: "/run/session", readOnly: true });
  await create(pod);
  const up = await sees("session", (pod) => isReady(pod) || isOver(pod));
  expect(up.status?.containerStatuses?.[0]).toMatchObject({ ready: true, started: true, state: { running: {} } });
  const answer = await fetch(`http://${node.podIP({ namespace, name: "session" })}:4100/status`);
  expect(answer.status).toBe(401);
  await remove("session");
});

test("the first init container that fails ends the pod, with its last words", async () => {
  const { create, sees } = await home();
  const steps = [shell("bad", "echo out; echo no such branch >&2; exit 66"), shell("next", "true")];
  await create(samplePod("one", steps, [shell("main", "true")]));
  const { status } = await sees("one", isOver);
  expect(status).toMatchObject({ phase: "Failed", conditions: expect.arrayContaining([]) });
  expect(status?.initContainerStatuses?.map(({ state }) => state)).toMatchObject([
    { terminated: { exitCode: 66, reason: "Error", message: "out\nno such branch\n" } },
    { waiting: { reason: "PodInitializing" } },
  ]);
  expect(first(status?.containerStatuses)?.state).toMatchObject({ waiting: { reason: "PodInitializing" } });
});

test("an image that cannot be pulled is told, and pulled once it can be", async () => {
  const { create, sees } = await home();
  node.failImages(true);
  await create(samplePod("one", [], [shell("main", "sleep 1000")]));
  const reason = (pod: V1Pod) => first(pod.status?.containerStatuses)?.state?.waiting?.reason;
  await sees("one", (pod) => reason(pod) === "ErrImagePull");
  const { status } = await sees("one", (pod) => reason(pod) === "ImagePullBackOff");
  expect(status?.phase).toBe("Pending");
  expect(first(status?.containerStatuses)?.state?.waiting?.message).toContain(
    `Back-off pulling image "${SESSION_IMAGE}"`,
  );
  node.failImages(false);
  await sees("one", isReady);
});

test("Secrets and ConfigMaps become variables and files, and missing ones are waited for", async () => {
  const { namespace, core, create, sees } = await home();
  const main = shell("main", 'echo "$A $B $C $P"; cat /config/key; sleep 1000');
  const pod = samplePod(
    "one",
    [],
    [
      {
        ...main,
        envFrom: [{ secretRef: { name: "some" } }, { secretRef: { name: "none", optional: true } }],
        env: [
          { name: "B", valueFrom: { configMapKeyRef: { name: "map", key: "b" } } },
          { name: "C", value: "$(B)-c" },
          { name: "P", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
        ],
      },
    ],
  );
  pod.spec?.volumes?.push({ name: "config", configMap: { name: "map" } });
  pod.spec?.containers[0]?.volumeMounts?.push({ name: "config", mountPath: "/config" });
  await create(pod);
  const mounting = (reason: string) => async () =>
    (await plane.kubectl("-n", namespace, "get", "events", "-o", "jsonpath={..message}")).includes(reason);
  await eventually(mounting(`configmap "map" not found`), Boolean);
  await plane.api.call("POST", `${core}/configmaps`, { metadata: { name: "map" }, data: { b: "b", key: "file\n" } });
  const waits = await sees("one", (one) => first(one.status?.containerStatuses)?.state?.waiting?.message !== undefined);
  expect(first(waits.status?.containerStatuses)?.state?.waiting).toEqual({
    reason: "CreateContainerConfigError",
    message: 'secret "some" not found',
  });
  await plane.api.call("POST", `${core}/secrets`, { metadata: { name: "some" }, stringData: { A: "a" } });
  const up = await sees("one", isReady);
  const log = () => Promise.resolve(node.container({ namespace, name: "one" }, "main").log());
  await eventually(log, (text) => text === `a b b-c ${up.status?.podIP}\nfile\n`);
});

test("a pod is evicted, or killed for its memory, or ended by its own crash", async () => {
  const { namespace, create, sees } = await home();
  const up = async (name: string) => {
    await create(samplePod(name, [], [shell("main", "sleep 1000")]));
    await sees(name, isReady);
  };
  await up("evicted");
  await node.evict({ namespace, name: "evicted" });
  const evicted = await sees("evicted", isOver);
  expect(evicted.status).toMatchObject({ phase: "Failed", reason: "Evicted" });
  expect(condition(evicted, "DisruptionTarget")).toMatchObject({ status: "True", reason: "TerminationByKubelet" });
  await up("large");
  await node.outOfMemory({ namespace, name: "large" }, "main");
  const large = await sees("large", isOver);
  expect(first(large.status?.containerStatuses)?.state?.terminated).toMatchObject({
    reason: "OOMKilled",
    exitCode: 137,
  });
  await up("crashed");
  node.container({ namespace, name: "crashed" }, "main").kill("SIGKILL");
  const crashed = await sees("crashed", isOver);
  expect(first(crashed.status?.containerStatuses)?.state?.terminated).toMatchObject({ reason: "Error", exitCode: 137 });
});

test("a deleted claim can be stuck, and goes with its folder", async () => {
  const { core, find, create, sees, remove } = await home();
  await create(samplePod("one", [], [shell("main", "sleep 1000")]));
  await sees("one", isReady);
  await remove("one");
  const claim = `${core}/persistentvolumeclaims/home`;
  const { spec } = await plane.api.get<{ spec: { volumeName: string } }>(claim);
  {
    await using _ = await stuckTerminating(plane.api, claim);
    await plane.api.call("DELETE", claim);
    // All others let it go.
    const { metadata } = await eventually(
      () => plane.api.get<{ metadata: { finalizers: string[]; deletionTimestamp?: string } }>(claim),
      ({ metadata }) => !metadata.finalizers.includes("kubernetes.io/pvc-protection"),
    );
    expect(metadata.deletionTimestamp).toBeDefined();
  }
  const gone = (path: string) =>
    eventually(
      () => plane.api.find(path),
      (found) => found === undefined,
    );
  await gone(claim);
  await gone(`/api/v1/persistentvolumes/${spec.volumeName}`);
  expect(await find("one")).toBeUndefined();
});

test("what happens while the API server is away is told when it is back", async () => {
  const { namespace, create, sees } = await home();
  await create(samplePod("one", [], [shell("main", "sleep 1000")]));
  await sees("one", isReady);
  await plane.stopApiServer("SIGKILL");
  const container = node.container({ namespace, name: "one" }, "main");
  container.kill("SIGKILL");
  await container.exited;
  await expect(plane.api.text("/readyz")).rejects.toThrow();
  await plane.startApiServer();
  await sees("one", isOver);
});

test("a fake node says that hundreds of pods run", async () => {
  await using fake = await FakeNode.start(plane, { storage: node.storage, podIP: () => "127.9.9.9" });
  const { namespace, core, create } = await home();
  const names = Array.from({ length: 200 }, (_, index) => `pod-${index}`);
  const pods = names.map((name) => samplePod(name, [shell("init", "true")], [shell("main", "true")]));
  for (const pod of pods) if (pod.spec) pod.spec.nodeSelector = { "kubernetes.io/hostname": fake.name };
  await Promise.all(pods.map(create));
  const all = async () => (await plane.api.get<{ items: V1Pod[] }>(`${core}/pods`)).items;
  await eventually(all, (list) => list.length === names.length && list.every(isReady));
  expect(new Set((await all()).map(({ status }) => status?.podIP))).toEqual(new Set(["127.9.9.9"]));
  await plane.kubectl("-n", namespace, "delete", "pods", "--all", "--wait=false");
  await eventually(all, (list) => list.length === 0);
});

test("what a vanished node ran is unreachable, and is deleted by the cluster", async () => {
  await using small = await startControlPlane({ nodeSilenceSeconds: 5, nodeGoneSeconds: 1 });
  const lost = await MinimalNode.start(small);
  await using _ = lost;
  const namespace = await small.namespace();
  const path = `/api/v1/namespaces/${namespace}`;
  await small.api.call("POST", `${path}/persistentvolumeclaims`, sampleClaim);
  await small.api.call("POST", `${path}/pods`, samplePod("one", [], [shell("main", "sleep 1000")]));
  const pod = () => small.api.get<V1Pod>(`${path}/pods/one`);
  await eventually(pod, isReady);
  // Where every node is silent, the cluster believes that it is its own fault.
  await using other = await FakeNode.start(small, { storage: lost.storage });
  await eventually(
    () => small.kubectl("get", "node", other.name),
    (line) => line.includes(" Ready"),
  );
  await lost.vanish();
  await eventually(pod, (seen) => !isReady(seen));
  await eventually(pod, ({ metadata }) => metadata?.deletionTimestamp !== undefined);
});
