import { EDGE_SECRET_HEADER, IDENTITY_HEADERS, RESERVED_HEADERS } from "../../../src/contracts/names.ts";
import { SERVICES } from "../../../src/deploy/objects/programs.ts";
import type { Settings } from "../../../src/deploy/settings/settings.ts";
import { routesOf, serviceOf, type Route, type Spec } from "./edge-routes.ts";
import { broken, ofKind, type ClusterObject } from "./objects.ts";

/** What would end a stream, or keep it until it is whole. */
const HOLDS_UP = ["compress", "buffering", "retry", "circuitBreaker"];

/** What of the routes lets somebody in by another name, or nobody. */
export function routeProblems(
  objects: readonly ClusterObject[],
  { namespaces, hosts }: Pick<Settings, "namespaces" | "hosts">,
): string[] {
  const routes = routesOf(objects);
  const targets = new Set(routes.map(({ to }) => to?.name));
  const priorities = routes.map(({ priority }) => priority);
  const identity = routes.flatMap(({ chain }) => chain.flatMap((spec) => identityOf(spec)));
  return [
    ...[SERVICES.router, SERVICES.attach, SERVICES.signIn]
      .filter((name) => !targets.has(name))
      .map((name) => `the edge: has no route to ${name}`),
    ...priorities
      .filter((priority, index) => priority !== undefined && priorities.indexOf(priority) !== index)
      .map((priority) => `the edge: has two routes of priority ${priority}`),
    ...(sorted(identity).join() === sorted(Object.values(IDENTITY_HEADERS)).join()
      ? []
      : ["the edge: tells other headers of identity than the router reads"]),
    ...routes.flatMap((route) => [
      ...broken(route.where, ofRule(route)),
      ...broken(route.where, ofTarget(route, objects, Object.values(namespaces))),
      ...broken(route.where, ofChain(route, hosts)),
    ]),
  ];
}

const sorted = (names: readonly string[]): string[] => [...new Set(names)].toSorted();

function ofRule({ rule, priority }: Route): Record<string, unknown> {
  const patterns = [...rule.matchAll(/HostRegexp\(`([^`]*)`\)/g)].map(([, pattern = ""]) => pattern);
  return {
    "has no priority": priority === undefined,
    "is for every host": !/(?<!!)Host(Regexp)?\(/.test(rule),
    "fits parts of host names": patterns.some((pattern) => !isAnchored(pattern)),
  };
}

/** `^a|b$` is not: each of both is anchored at one end only. */
const isAnchored = (pattern: string): boolean => {
  if (!pattern.startsWith("^") || !pattern.endsWith("$") || pattern.endsWith("\\$")) return false;
  let depth = 0;
  for (const character of pattern.replaceAll(/\\./g, "")) {
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (character === "|" && depth === 0) return false;
  }
  return true;
};

function ofTarget(
  { to }: Route,
  objects: readonly ClusterObject[],
  namespaces: readonly string[],
): Record<string, unknown> {
  const service = ofKind(objects, "Service").find(
    ({ metadata }) => metadata.name === to?.name && metadata.namespace === to?.namespace,
  );
  return {
    "leads out of the stack": !to || !namespaces.includes(to.namespace),
    [`leads to ${to?.name}, which is no Service`]: to && !service,
    [`leads to port ${to?.port}, which the Service ${to?.name} does not have`]:
      service && !service.spec?.ports?.some(({ port }) => port === to?.port),
    "leads to the listener that nobody outside may reach": to?.name === SERVICES.internal,
  };
}

function ofChain({ chain, to, rule }: Route, { mainHost }: Settings["hosts"]): Record<string, unknown> {
  const [first, ...rest] = chain;
  const toRouter = to?.name === SERVICES.router;
  const says = chain.map(saysSecret);
  const isMain = rule.includes(`Host(\`${mainHost}\`)`);
  const answers = chain.flatMap((spec) => forwardAuth(spec));
  return {
    "names a middleware that is not there": chain.includes(undefined),
    "does not begin by taking away what only the edge may say": !removesAll(first),
    "takes away what the edge has said": rest.some((spec) => removesAll(spec)),
    "ends without the edge's secret": toRouter && says.at(-1) !== true,
    "tells the edge's secret before its end, or to somebody else": says
      .slice(0, toRouter ? -1 : undefined)
      .includes(true),
    "tells sessions the token of GitHub":
      !isMain && answers.some((spec) => identityIn(spec).includes(IDENTITY_HEADERS.accessToken)),
    "asks somebody else than the sign-in": answers.some(
      ({ address }) => serviceOf(String(address))?.name !== SERVICES.signIn,
    ),
    "keeps an identity that the client claims": answers.some((spec) =>
      // What is not listed there passes as the client wrote it; those that are taken away at the start do not.
      identityIn(spec).some((name) => !RESERVED_HEADERS.includes(name)),
    ),
    "holds streams up": chain.some((spec) => Object.keys(spec ?? {}).some((kind) => HOLDS_UP.includes(kind))),
  };
}

const requestHeaders = (spec: Spec | undefined): Readonly<Record<string, string>> => {
  const { customRequestHeaders = {} } = (spec?.["headers"] ?? {}) as { customRequestHeaders?: Record<string, string> };
  return Object.fromEntries(Object.entries(customRequestHeaders).map(([name, value]) => [name.toLowerCase(), value]));
};

const removesAll = (spec: Spec | undefined): boolean => {
  const headers = requestHeaders(spec);
  return RESERVED_HEADERS.every((name) => headers[name] === "");
};

const saysSecret = (spec: Spec | undefined): boolean => Boolean(requestHeaders(spec)[EDGE_SECRET_HEADER]);

/** The edge's secret, as each route says it. */
export const edgeSecretsOf = (objects: readonly ClusterObject[]): string[] =>
  routesOf(objects).flatMap(({ chain }) => chain.flatMap((spec) => requestHeaders(spec)[EDGE_SECRET_HEADER] || []));

const forwardAuth = (spec: Spec | undefined): Spec[] => (spec?.["forwardAuth"] ? [spec["forwardAuth"] as Spec] : []);

const identityIn = ({ authResponseHeaders = [] }: { readonly authResponseHeaders?: unknown }): string[] =>
  (authResponseHeaders as readonly string[]).map((name) => name.toLowerCase());

const identityOf = (spec: Spec | undefined): string[] => forwardAuth(spec).flatMap((one) => identityIn(one));
