import { parse } from "yaml";
import { contentOf, ofKind, type ClusterObject } from "./objects.ts";

export type Spec = Readonly<Record<string, unknown>>;

/** A route of the edge, by whatever Traefik reads it. */
export interface Route {
  /** As `Secret opencode-edge/traefik-routes, main`. */
  readonly where: string;
  readonly rule: string;
  readonly priority: number | undefined;
  readonly chain: readonly (Spec | undefined)[];
  readonly to: { readonly name: string; readonly namespace: string; readonly port: number } | undefined;
}

/** All routes that the stack has, from a file of ours or from resources. */
export const routesOf = (objects: readonly ClusterObject[]): Route[] => [
  ...objects.filter(({ kind }) => kind === "Secret" || kind === "ConfigMap").flatMap(fromFiles),
  ...ofKind(objects, "IngressRoute").flatMap((object) => fromResource(object, objects)),
];

interface FileConfig {
  readonly http?: {
    readonly routers?: Readonly<
      Record<string, { rule: string; priority?: number; middlewares?: string[]; service: string }>
    >;
    readonly middlewares?: Readonly<Record<string, Spec>>;
    readonly services?: Readonly<Record<string, { loadBalancer: { servers: { url: string }[] } }>>;
  };
}

const fromFiles = (object: ClusterObject): Route[] =>
  Object.entries(contentOf(object))
    .filter(([key]) => /\.ya?ml$/.test(key))
    .flatMap(([, text]) => {
      const { http } = (parse(text) ?? {}) as FileConfig;
      return Object.entries(http?.routers ?? {}).map(([name, router]): Route => ({
        where: `${object.kind} ${object.metadata.namespace}/${object.metadata.name}, ${name}`,
        rule: router.rule,
        priority: router.priority,
        chain: (router.middlewares ?? []).map((one) => http?.middlewares?.[one]),
        to: serviceOf(http?.services?.[router.service]?.loadBalancer.servers[0]?.url),
      }));
    });

/** The Service that an address within the cluster is of. */
export function serviceOf(url: string | undefined): Route["to"] {
  const [, name, namespace, port] =
    /^http:\/\/([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?:(\d+)\/?/.exec(url ?? "") ?? [];
  return name === undefined || namespace === undefined ? undefined : { name, namespace, port: Number(port) };
}

interface RouteSpec {
  readonly match: string;
  readonly priority?: number;
  readonly middlewares?: readonly { readonly name: string; readonly namespace?: string }[];
  readonly services: readonly { readonly name: string; readonly namespace?: string; readonly port: number }[];
}

/** Names of another namespace are not looked up: Traefik does not either. */
function fromResource(
  { metadata, spec }: ClusterObject & { readonly spec: Spec },
  objects: readonly ClusterObject[],
): Route[] {
  const namespace = metadata.namespace ?? "";
  const middlewares = ofKind(objects, "Middleware").filter((one) => one.metadata.namespace === namespace);
  return (spec["routes"] as readonly RouteSpec[]).map((route, index) => ({
    where: `IngressRoute ${namespace}/${metadata.name}, route ${index + 1}`,
    rule: route.match,
    priority: route.priority,
    chain: (route.middlewares ?? []).map(({ name }) => middlewares.find((one) => one.metadata.name === name)?.spec),
    to: route.services[0] && { namespace, name: route.services[0].name, port: route.services[0].port },
  }));
}
