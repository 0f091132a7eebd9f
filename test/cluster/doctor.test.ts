import type { V1Pod, V1PodList } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { examine, type Finding } from "../../src/deploy/doctor/check.ts";
import { kubectlProgram } from "../../src/deploy/doctor/kubectl.ts";
import type { Platform } from "../../src/deploy/doctor/platform.ts";
import { stages } from "../../src/deploy/doctor/stages.ts";
import { TIMING } from "../../src/deploy/doctor/timing.ts";
import { eventually } from "../harness/http.ts";
import { clusterTool } from "./harness/cluster-tools.ts";
import { startControlPlane, type ControlPlane } from "./harness/control-plane.ts";
import { FakeNode } from "./harness/fake-node.ts";

const NAMESPACES = { edge: "opencode-edge", system: "opencode-system", sessions: "opencode-sessions" };
const PODS = `/api/v1/namespaces/${NAMESPACES.sessions}/pods`;

let plane: ControlPlane;
let node: FakeNode;
beforeAll(async () => {
  plane = await startControlPlane();
  node = await FakeNode.start(plane);
  const objects = [
    ...Object.values(NAMESPACES).map(namespace),
    deployment(NAMESPACES.edge, "traefik"),
    deployment(NAMESPACES.system, "router", { SESSION_IMAGE: "registry.example.org/opencode:1" }),
    storageClass("fast", "WaitForFirstConsumer"),
  ];
  await plane.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  // The account that pods have by default comes a moment after its namespace.
  for (const [name, space] of [
    ["router", NAMESPACES.system],
    ["traefik", NAMESPACES.edge],
  ] as const)
    await eventually(
      () => readyOf(name, space),
      (ready) => ready === 1,
    );
});
afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  await plane?.[Symbol.asyncDispose]();
});

async function readyOf(name: string, space: string): Promise<number | undefined> {
  const path = `/apis/apps/v1/namespaces/${space}/deployments/${name}`;
  return (await plane.api.get<{ status: { readyReplicas?: number } }>(path)).status.readyReplicas;
}

const namespace = (name: string) => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

const storageClass = (name: string, volumeBindingMode: string) => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name },
  provisioner: "example.org/none",
  volumeBindingMode,
});

const deployment = (space: string, name: string, env: Readonly<Record<string, string>> = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace: space },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            name,
            image: "example",
            env: Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          },
        ],
      },
    },
  },
});

/** What the doctor says of the cluster. */
async function diagnose(storageClassName = "fast", { signal } = new AbortController()): Promise<Finding[]> {
  const cluster: Platform["cluster"] = {
    kubeconfig: plane.kubeconfig(),
    context: undefined,
    namespaces: NAMESPACES,
    storageClasses: [{ key: "sessions.storageClass", name: storageClassName }],
  };
  const all = stages({
    platform: {
      url: new URL("http://code.example.org"),
      callbackUrl: new URL("http://oauth.example.org/oauth2/callback"),
      hosts: {
        mainHost: "code.example.org",
        sessionDomain: "example.org",
        routeSuffix: "-oc",
        attachPrefix: "attach-",
      },
      dnsRecords: [],
      cluster,
    },
    kubectl: kubectlProgram(cluster, clusterTool("kubectl")),
    resolve: undefined,
    signal,
    token: undefined,
    timing: TIMING,
  }).slice(0, 4);
  const findings: Finding[] = [];
  for await (const finding of examine(all, signal)) findings.push(finding);
  return findings;
}

async function runningPod(): Promise<V1Pod> {
  let pod: V1Pod | undefined;
  await expect
    .poll(
      async () => {
        const { items } = await plane.api.get<V1PodList>(PODS);
        pod = items.find(
          ({ metadata, status }) => metadata?.name?.startsWith("doctor-") && status?.phase === "Running",
        );
        return pod;
      },
      { timeout: 60_000 },
    )
    .toBeDefined();
  if (pod === undefined) throw new Error("no pod");
  return pod;
}

/** Ends the doctor's pod as a node would that has run it. @returns the pod as it was made */
async function endPod(phase: "Succeeded" | "Failed", message: string): Promise<V1Pod> {
  const pod = await runningPod();
  const terminated = { exitCode: phase === "Failed" ? 1 : 0, reason: "Completed", message };
  const containerStatuses = [
    { name: "probe", state: { terminated }, ready: false, restartCount: 0, image: "", imageID: "" },
  ];
  const type = "application/merge-patch+json";
  await plane.api.call("PATCH", `${PODS}/${pod.metadata?.name}/status`, { status: { phase, containerStatuses } }, type);
  return pod;
}

const podsLeft = async () => (await plane.api.get<V1PodList>(PODS)).items.length;
const told = (findings: readonly Finding[]) => findings.map(({ state, sentence }) => `${state}: ${sentence}`);

test("a sound cluster is sound: versions, volumes, namespaces, workloads, policies", async () => {
  const [findings, pod] = await Promise.all([
    diagnose(),
    endPod("Succeeded", JSON.stringify({ allowed: "open", forbidden: ["silence", "ECONNREFUSED"] })),
  ]);
  expect(told(findings)).toEqual([
    expect.stringMatching(/^ok: Kubernetes v1\.\d+/),
    "ok: fast makes a volume where its pod runs.",
    "ok: opencode-edge, opencode-system, opencode-sessions",
    "ok: traefik 1 of 1 ready.",
    "ok: router 1 of 1 ready.",
    expect.stringMatching(/^ok: A session reaches the router's internal listener, and neither/),
  ]);
  // The API server has admitted it among sessions, and the policies for them are meant for it.
  expect(pod.metadata?.labels).toMatchObject({ "app.kubernetes.io/component": "session" });
  expect(pod.spec).toMatchObject({ automountServiceAccountToken: false, restartPolicy: "Never" });
  expect(pod.spec?.containers[0]?.image).toBe("registry.example.org/opencode:1");
  await expect.poll(podsLeft, { timeout: 30_000 }).toBe(0);
});

test("policies that nobody enforces are told, and the pod that found it out is gone", async () => {
  const result = JSON.stringify({ allowed: "open", forbidden: ["open", "silence"] });
  const [findings] = await Promise.all([diagnose(), endPod("Succeeded", result)]);
  expect(told(findings).at(-1)).toMatch(
    /^failed: Network policies are NOT ENFORCED: a session reaches oauth2-proxy\.opencode-edge\.svc:4180\./,
  );
  await expect.poll(podsLeft, { timeout: 30_000 }).toBe(0);
});

test("a pod that cannot run is told with its reason, and is gone, too", async () => {
  const [findings] = await Promise.all([diagnose(), endPod("Failed", "node: not found")]);
  expect(told(findings).at(-1)).toBe("failed: The pod that was to try them did not run (Failed): node: not found");
  await expect.poll(podsLeft, { timeout: 30_000 }).toBe(0);
});

test("a doctor who is sent away removes the pod, too", async () => {
  const stop = new AbortController();
  const [findings] = await Promise.all([diagnose("fast", stop), runningPod().then(() => stop.abort())]);
  expect(told(findings).at(-1)).toMatch(/^failed: .*aborted/);
  await expect.poll(podsLeft, { timeout: 30_000 }).toBe(0);
});

test("a storage class that is missing is told, and nothing is tried that needs it", async () => {
  const findings = await diagnose("slow");
  expect(told(findings)[1]).toMatch(
    /^failed: There is no storage class slow; it has: .*fast.* `pulumi config set sessions/,
  );
  expect(new Set(findings.slice(2).map(({ state }) => state))).toEqual(new Set(["skipped"]));
});
