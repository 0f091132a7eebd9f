import type { TestRouter } from "../harness/router.ts";
import { grantRouter, prepareClusterRouter } from "./cluster-router.ts";
import { ApiProxy } from "./harness/api-proxy.ts";
import type { FakeCluster } from "./harness/fake-cluster.ts";

/** A router whose calls to the API server pass through a proxy, in a namespace of its own. */
export interface ProxiedRouter extends AsyncDisposable {
  readonly namespace: string;
  readonly proxy: ApiProxy;
  readonly router: TestRouter;
}

export async function startProxiedRouter(
  { plane }: FakeCluster,
  env: Readonly<Record<string, string>> = {},
): Promise<ProxiedRouter> {
  const namespace = await plane.namespace("proxied");
  await grantRouter(plane, namespace);
  const proxy = await ApiProxy.start(plane, { namespace, name: "router" });
  const router = await prepareClusterRouter({ plane, namespace, kubeconfig: proxy.kubeconfig, env });
  const end = async () => {
    proxy.heal();
    await router[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await plane.kubectl("delete", "namespace", namespace, "--wait=false");
  };
  try {
    await router.start();
    return { namespace, proxy, router, [Symbol.asyncDispose]: end };
  } catch (cause) {
    await end();
    throw cause;
  }
}
