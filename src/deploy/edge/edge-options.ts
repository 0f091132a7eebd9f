import { grammarProblems, parseHost, type HostGrammar } from "../../contracts/hosts.ts";

/** What the routes of the edge lead to. */
export type EdgeService = "router" | "attach" | "oauth2-proxy";

export interface ServiceAddress {
  readonly name: string;
  readonly namespace: string;
  readonly port: number;
  /** Where a Traefik with the file provider finds it. */
  readonly url: string;
}

/** Everything that the routes are made of; plain data. */
export interface EdgeOptions extends HostGrammar {
  /** All hosts are below it or it, because the cookie of the sign-in is its. */
  readonly domain: string;
  /** Host of the sign-in. */
  readonly oauthHost: string;
  /** Scheme of the addresses that people see, whatever comes to Traefik behind a tunnel. */
  readonly proto: "http" | "https";
  readonly services: Readonly<Record<EdgeService, ServiceAddress>>;
  /** What the router knows the edge by; it stands in the rendered configuration, which is a secret thereby. */
  readonly edgeSecret: string;
  /** The sign-in's cookie. */
  readonly cookieName: string;
  /** Name of the entry point that people's requests come to. */
  readonly entryPoint: string;
  /** Whether connections to that entry point are TLS. */
  readonly tls: boolean;
  /** Address of the next proxy before Traefik whose `X-Forwarded-For` is true; none behind a tunnel. */
  readonly trustedIps: readonly string[];
  /** Whether all requests come by a tunnel, which tells the client's address in `CF-Connecting-IP`. */
  readonly tunnel: boolean;
  /** For one address on the attach hosts, where nobody has to sign in. */
  readonly attachLimits: AttachLimits;
}

export interface AttachLimits {
  readonly requestsPerSecond: number;
  readonly burst: number;
  /** Requests at once, open event streams among them. */
  readonly inFlight: number;
}

/** A terminal's start loads some dozens of things at once; people behind one address are several. */
export const ATTACH_LIMITS: AttachLimits = { requestsPerSecond: 50, burst: 200, inFlight: 128 };

/** The address of a service of the cluster. */
export const clusterService = (name: string, namespace: string, port: number): ServiceAddress => ({
  name,
  namespace,
  port,
  url: `http://${name}.${namespace}.svc.cluster.local:${port}`,
});

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

type Names = Pick<EdgeOptions, keyof HostGrammar | "domain" | "oauthHost">;

/** Why the names cannot be used, as sentences; empty when they can. */
export function edgeProblems(options: Names): string[] {
  const problems = grammarProblems(options);
  const { domain, mainHost, oauthHost, sessionDomain } = options;
  for (const [name, host] of Object.entries({ domain, mainHost, oauthHost, sessionDomain })) {
    if (!HOST_NAME.test(host))
      problems.push(`${name}: must be a host name in lower case, without scheme, port or path`);
    else if (host !== domain && !host.endsWith(`.${domain}`))
      problems.push(`${name}: must be ${domain} or below it, where the cookie of the sign-in is sent`);
  }
  if (oauthHost === mainHost) problems.push("oauthHost: must not be the main host");
  for (const [name, host] of Object.entries({ mainHost, oauthHost }))
    if (parseHost(host, { ...options, mainHost: "" })) problems.push(`${name}: is the name of a session`);
  return problems;
}
