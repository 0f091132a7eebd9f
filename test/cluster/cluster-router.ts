import { roleRules } from "../../src/contracts/router-rights.ts";
import { prepareRouter, type RouterOptions, type TestRouter } from "../harness/router.ts";
import type { ControlPlane } from "./harness/control-plane.ts";
import { SESSION_IMAGE } from "./harness/minimal-node.ts";

export interface ClusterRouterOptions extends Omit<RouterOptions, "env"> {
  readonly plane: ControlPlane;
  /** Where the sessions are; `grantRouter` has been called for it. */
  readonly namespace: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of the cluster's own API server: a file of credentials for one in between. */
  readonly kubeconfig?: string;
}

const ACCOUNT = "router";

/** Makes the router's service account in a namespace, with the rights that the project gives it and no others. */
export async function grantRouter({ api }: ControlPlane, namespace: string): Promise<void> {
  const at = (group: string, plural: string) => `${group}/namespaces/${namespace}/${plural}`;
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const metadata = { name: ACCOUNT };
  await api.call("POST", at("/api/v1", "serviceaccounts"), { metadata });
  await api.call("POST", at(rbac, "roles"), { metadata, rules: roleRules() });
  await api.call("POST", at(rbac, "rolebindings"), {
    metadata,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: ACCOUNT },
    subjects: [{ kind: "ServiceAccount", name: ACCOUNT, namespace }],
  });
}

/** Credentials of the router's service account. @returns the path of a kubeconfig file */
export async function routerKubeconfig(plane: ControlPlane, namespace: string): Promise<string> {
  const token = await plane.serviceAccountToken(namespace, ACCOUNT);
  return plane.kubeconfig({ user: ACCOUNT, token, namespace });
}

/** The true router, as its service account, over a namespace of a test's cluster; not started yet. */
export async function prepareClusterRouter(options: ClusterRouterOptions): Promise<TestRouter> {
  const { plane, namespace, env, kubeconfig, ...others } = options;
  const KUBECONFIG = kubeconfig ?? (await routerKubeconfig(plane, namespace));
  return prepareRouter({
    auth: "proxy",
    ...others,
    env: (ports) => ({
      RUNTIME: "kubernetes",
      KUBECONFIG,
      SESSION_NAMESPACE: namespace,
      SESSION_IMAGE,
      // Pods share this machine's network.
      INTERNAL_URL: `http://127.0.0.1:${ports.internal}`,
      SESSION_RESOURCES: JSON.stringify({
        requests: { cpu: "1m", memory: "1Mi" },
        limits: { cpu: "2", memory: "2Gi" },
      }),
      ...env,
    }),
  });
}

export async function startClusterRouter(options: ClusterRouterOptions): Promise<TestRouter> {
  const router = await prepareClusterRouter(options);
  try {
    await router.start();
    return router;
  } catch (cause) {
    await router[Symbol.asyncDispose]();
    throw cause;
  }
}
