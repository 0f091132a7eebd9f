import { randomBytes } from "node:crypto";
import { eventually } from "../../harness/eventually.ts";
import type { TestApi } from "./test-api.ts";

/** Makes a namespace like that of the sessions: pods that break the restricted profile are refused. @returns its name */
export async function createNamespace(api: TestApi, prefix: string): Promise<string> {
  const name = `${prefix}-${randomBytes(3).toString("hex")}`;
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  await api.call("POST", "/api/v1/namespaces", { metadata: { name, labels } });
  // Pods are refused until it is there.
  await eventually(() => api.get(`/api/v1/namespaces/${name}/serviceaccounts/default`));
  return name;
}
