import { setTimeout as delay } from "node:timers/promises";
import type { V1Node } from "@kubernetes/client-node";
import { persist } from "./persist.ts";
import { ApiFailure, MERGE_PATCH, type TestApi } from "./test-api.ts";

const RENEW_MS = 2_000;
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

/** Makes a node known and ready. */
export async function registerNode(api: TestApi, name: string): Promise<void> {
  await api.call("POST", "/api/v1/nodes", { metadata: { name, labels: { "kubernetes.io/hostname": name } } });
  await tellStatus(api, name);
}

/** After an outage of the API the cluster believes the node dead until it says otherwise; a lease alone does not. */
async function stayReady(api: TestApi, name: string): Promise<void> {
  const { status } = await api.get<V1Node>(`/api/v1/nodes/${name}`);
  const isReady = status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false;
  if (!isReady) await tellStatus(api, name);
}

async function tellStatus(api: TestApi, name: string): Promise<void> {
  await api.call("PATCH", `/api/v1/nodes/${name}/status`, { status: nodeStatus(name, new Date()) }, MERGE_PATCH);
}

export async function removeNode(api: TestApi, name: string): Promise<void> {
  await api.call("DELETE", `/api/v1/nodes/${name}`).catch((error: unknown) => {
    if (!(error instanceof ApiFailure && error.status === 404)) throw error;
  });
}

/** Tells again and again that the node is alive, until the signal fires. */
export async function renewLease(api: TestApi, name: string, signal: AbortSignal): Promise<void> {
  const lease = {
    metadata: { name, namespace: "kube-node-lease" },
    spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: microTime(new Date()) },
  };
  await persist(signal, () => api.call("POST", LEASES, lease).catch(unlessThere));
  while (!signal.aborted) {
    const spec = { renewTime: microTime(new Date()) };
    await persist(signal, () => api.call("PATCH", `${LEASES}/${name}`, { spec }, MERGE_PATCH));
    await persist(signal, () => stayReady(api, name));
    await delay(RENEW_MS, undefined, { signal });
  }
}

function unlessThere(error: unknown): void {
  if (!(error instanceof ApiFailure && error.status === 409)) throw error;
}

const microTime = (time: Date): string => time.toISOString().replace("Z", "000Z");

/** More than any test asks for: nothing is measured, nothing is limited. */
const CAPACITY = { cpu: "256", memory: "1Ti", "ephemeral-storage": "10Ti", pods: "10000" };

function nodeStatus(name: string, now: Date): NonNullable<V1Node["status"]> {
  const condition = (type: string, status: "True" | "False", reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  return {
    capacity: CAPACITY,
    allocatable: CAPACITY,
    addresses: [
      { type: "InternalIP", address: "127.0.0.1" },
      { type: "Hostname", address: name },
    ],
    conditions: [
      condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
      condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
      condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
      condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ],
  };
}
