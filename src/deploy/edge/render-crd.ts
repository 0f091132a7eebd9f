import type { EdgeOptions } from "./edge-options.ts";
import { middlewares, type MiddlewareSpec } from "./middlewares.ts";
import { edgeRoutes, type EdgeRoute } from "./routes.ts";

/** An object of the cluster, as far as it is made here. */
export interface TraefikObject {
  readonly apiVersion: "traefik.io/v1alpha1";
  readonly kind: "IngressRoute" | "Middleware";
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: MiddlewareSpec;
}

/** Names of what is made, and the certificate of a TLS entry point. */
export interface CrdOptions {
  /** What every name begins with. */
  readonly prefix: string;
  /** Secret with the certificate, in the namespaces of the services. Without it Traefik's own default is used. */
  readonly tlsSecret?: string | undefined;
}

/**
 * The same routes for a Traefik that is there: per namespace of services one IngressRoute, and the middlewares that it
 * names, since Traefik does not take those of another namespace. The object `edge-secret` holds the edge's secret.
 */
export function traefikObjects(options: EdgeOptions, crd: CrdOptions): readonly TraefikObject[] {
  const specs = middlewares(options);
  const byNamespace = new Map<string, EdgeRoute[]>();
  for (const route of edgeRoutes(options)) {
    const { namespace } = options.services[route.service];
    byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), route]);
  }
  return [...byNamespace].flatMap(([namespace, routes]) => {
    const used = [...new Set(routes.flatMap(({ chain }) => chain))];
    return [
      ...used.map((name) => object("Middleware", { name: `${crd.prefix}-${name}`, namespace }, specs[name])),
      object("IngressRoute", { name: `${crd.prefix}-edge`, namespace }, ingressRoute(routes, options, crd)),
    ];
  });
}

const object = (
  kind: TraefikObject["kind"],
  metadata: TraefikObject["metadata"],
  spec: MiddlewareSpec,
): TraefikObject => ({ apiVersion: "traefik.io/v1alpha1", kind, metadata, spec });

function ingressRoute(
  routes: readonly EdgeRoute[],
  { services, entryPoint, tls }: EdgeOptions,
  { prefix, tlsSecret }: CrdOptions,
): MiddlewareSpec {
  return {
    entryPoints: [entryPoint],
    routes: routes.map(({ rule, priority, chain, service }) => ({
      kind: "Rule",
      match: rule,
      priority,
      middlewares: chain.map((name) => ({ name: `${prefix}-${name}` })),
      services: [{ name: services[service].name, port: services[service].port }],
    })),
    ...(tls ? { tls: tlsSecret === undefined ? {} : { secretName: tlsSecret } } : {}),
  };
}
