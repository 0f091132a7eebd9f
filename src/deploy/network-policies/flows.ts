import { SESSIOND_PORT } from "../../contracts/cluster-names.ts";
import { PROGRAMS, type ProgramName } from "../objects/programs.ts";
import type { AuthSettings, Settings } from "../settings/settings.ts";
import {
  ALL_TCP,
  ANYWHERE,
  internet,
  pods,
  program,
  ranges,
  serverAt,
  SESSIONS,
  tcp,
  to,
  udp,
  type End,
  type Target,
} from "./ends.ts";

/** One row of the table: who may connect to whom. Whatever has no row is refused at both ends, as far as they are ours. */
export interface Flow extends Target {
  readonly from: End;
  readonly why: string;
}

export type FlowSettings = Pick<
  Settings,
  "name" | "namespaces" | "traefik" | "entrance" | "auth" | "router" | "database" | "sessions" | "cluster"
>;

/** Every connection that is allowed. Answers come with it; the kubelet of a pod's own node always reaches the pod. */
export const flows = (settings: FlowSettings): readonly Flow[] =>
  [
    ...entrance(settings),
    ...behindTraefik(settings),
    ...signIn(settings),
    ...router(settings),
    ...sessions(settings),
    ...scrapers(settings),
    ...names(settings),
  ].filter(isSomething);

/** An empty list of the operator's allows nothing; in a policy it would allow everything. */
const isSomething = ({ to: end, ports }: Flow): boolean =>
  ports.length > 0 && (end.kind !== "ranges" || end.ranges.length > 0);

/** The programs that the stack deploys. */
export const deployedPrograms = ({ traefik, entrance, auth, database }: FlowSettings): readonly ProgramName[] => {
  const optional: Partial<Record<ProgramName, boolean>> = {
    traefik: traefik.install,
    cloudflared: entrance.kind === "tunnel",
    redis: auth.sessionStore.kind === "redis" && auth.sessionStore.server === "deploy",
    postgres: database.kind === "deploy",
  };
  return (Object.keys(PROGRAMS) as ProgramName[]).filter((name) => optional[name] ?? true);
};

/** What is allowed although nobody needs it, as sentences that start with the key. */
export const flowWarnings = ({ cluster }: Pick<Settings, "cluster">): readonly string[] =>
  cluster.apiServerCidrs.length > 0
    ? []
    : [
        "cluster.apiServerCidrs: is empty, and no policy can name the API server otherwise: the router may connect to every " +
          "address. `kubectl get endpointslices -n default` shows those of the Service kubernetes",
      ];

/** Where requests come in. */
function entrance({ traefik, entrance, cluster }: FlowSettings): Flow[] {
  if (entrance.kind === "existing-traefik") return [];
  if (entrance.kind === "service")
    return [
      {
        // Also from nodes, which many clusters put in the place of the client; the Service itself knows its allowed ranges.
        from: ANYWHERE,
        ...to("traefik", "web", "plain"),
        why: "browsers and programs come by the Service",
      },
    ];
  const cloudflared = program("cloudflared");
  return [
    {
      from: cloudflared,
      ...(traefik.install ? to("traefik", "web") : existing(traefik)),
      why: "what the tunnel brings",
    },
    {
      from: cloudflared,
      to: internet(cluster),
      ports: [...tcp(7844), udp(7844)],
      why: "the tunnel itself, by HTTP/2 or QUIC",
    },
    { from: cloudflared, to: internet(cluster), ports: tcp(443), why: "its check whether Cloudflare can be reached" },
  ];
}

type ExistingTraefik = Extract<Settings["traefik"], { install: false }>;

/** Where the tunnel leads to. The ports of its pods are not known here. */
function existing({ namespace, podLabels, serviceUrl }: ExistingTraefik): Target {
  const target = serverAt(serviceUrl, 80);
  const isThere = target.to.kind === "pods" && target.to.namespace === namespace;
  return isThere ? { to: pods(namespace, podLabels), ports: ALL_TCP } : target;
}

const traefikOf = ({ traefik }: FlowSettings): End =>
  traefik.install ? program("traefik") : pods(traefik.namespace, traefik.podLabels);

function behindTraefik(settings: FlowSettings): Flow[] {
  const from = traefikOf(settings);
  return [
    { from, ...to("oauth2-proxy", "http"), why: "asks who somebody is; shows the sign-in's pages" },
    // Never the internal listener, which believes whoever reaches it more than these two.
    { from, ...to("router", "public", "attach"), why: "every host but the sign-in's" },
  ];
}

function signIn({ auth, traefik, cluster }: FlowSettings): Flow[] {
  const from = program("oauth2-proxy");
  return [
    ...provider(auth, cluster).map((row) => ({ from, ...row })),
    ...(auth.provider.kind === "oidc" && !traefik.install
      ? [
          {
            // A node may send what is for the load balancer's address straight to the pods behind it.
            from,
            to: pods(traefik.namespace, traefik.podLabels),
            ports: ALL_TCP,
            why: "the issuer may be behind the same Traefik",
          },
        ]
      : []),
    ...sessionStore(auth).map((row) => ({ from, ...row })),
  ];
}

type Row = Omit<Flow, "from">;

function provider({ provider }: AuthSettings, cluster: FlowSettings["cluster"]): Row[] {
  if (provider.kind === "github") return [{ to: internet(cluster), ports: tcp(443), why: "GitHub" }];
  const issuer = serverAt(provider.issuer, 443);
  return [
    // A company's issuer may have a private address, and a name does not tell. Its keys may be on another host.
    { to: ANYWHERE, ports: tcp(443), why: "the issuer, and the hosts that its discovery document names" },
    ...(JSON.stringify(issuer.ports) === JSON.stringify(tcp(443)) ? [] : [{ ...issuer, why: "the issuer" }]),
  ];
}

function sessionStore({ sessionStore: store }: AuthSettings): Row[] {
  if (store.kind === "cookie") return [];
  const server = store.server === "deploy" ? to("redis", "redis") : serverAt(store.server.reveal(), 6379);
  return [{ ...server, why: "keeps sign-ins" }];
}

function router(settings: FlowSettings): Flow[] {
  const from = program("router");
  const { database, cluster } = settings;
  const { apiServerCidrs } = cluster;
  const server = database.kind === "deploy" ? to("postgres", "postgres") : undefined;
  const own = database.kind === "url" ? serverAt(database.url.reveal(), 5432) : server;
  return [
    {
      from,
      to: SESSIONS,
      ports: tcp(SESSIOND_PORT),
      why: "everything that people do in a session: sessiond is its only door",
    },
    ...(own ? [{ from, ...own, why: "keeps the account of sessions" }] : []),
    ...(apiServerCidrs.length > 0
      ? [{ from, to: ranges(...apiServerCidrs), ports: ALL_TCP, why: "the API server" }]
      : [
          {
            from,
            to: ANYWHERE,
            ports: "all" as const,
            why: "the API server, whose address is not known: see flowWarnings",
          },
        ]),
    ...remotes(settings),
  ];
}

/** The router asks a git server before a session clones from it: it reaches exactly those that a session does. */
function remotes({ router: { githubApiUrl }, sessions, cluster }: FlowSettings): Flow[] {
  const from = program("router");
  const api = serverAt(githubApiUrl, 443);
  return [
    { from, to: internet(cluster), ports: tcp(...sessions.egressPorts), why: "whether a repository has a branch" },
    ...privateRanges(from, sessions.extraEgress),
    // Of an Enterprise Server it may be private.
    {
      from,
      ...(githubApiUrl === "https://api.github.com" ? { ...api, to: internet(cluster) } : api),
      why: "GitHub's API",
    },
  ];
}

const privateRanges = (from: End, extra: Settings["sessions"]["extraEgress"]): Flow[] =>
  extra.map(({ cidr, ports }) => ({
    from,
    to: ranges(cidr),
    ports: ports.length === 0 ? ALL_TCP : tcp(...ports),
    why: "the operator's sessions.extraEgress",
  }));

const sessions = ({ sessions: { egressPorts, extraEgress }, cluster }: FlowSettings): Flow[] => [
  { from: SESSIONS, ...to("router", "internal"), why: "reports, and asks for tokens" },
  { from: SESSIONS, to: internet(cluster), ports: tcp(...egressPorts), why: "models, packages, repositories" },
  ...privateRanges(SESSIONS, extraEgress),
];

function scrapers(settings: FlowSettings): Flow[] {
  const from = pods(settings.router.monitoringNamespace);
  const why = "metrics";
  const metrics: readonly Flow[] = [
    { from, ...to("traefik", "inside"), why },
    { from, ...to("oauth2-proxy", "metrics"), why },
    { from, ...to("cloudflared", "metrics"), why },
    { from, ...to("router", "internal"), why },
  ];
  const there = deployedPrograms(settings);
  return metrics.filter(({ to: end }) => end.kind === "program" && there.includes(end.program));
}

/** Who looks names up. What answers on a node, and not in a pod, has an address only. */
function names(settings: FlowSettings): Flow[] {
  const { namespace, podLabels, port, nodeLocalCidrs } = settings.cluster.dns;
  const asking = deployedPrograms(settings).filter((name) => name !== "redis" && name !== "postgres");
  return [...asking.map(program), SESSIONS].flatMap((from) => [
    { from, to: pods(namespace, podLabels), ports: [udp(port), ...tcp(port)], why: "names" },
    { from, to: ranges(...nodeLocalCidrs), ports: [udp(53), ...tcp(53)], why: "names, from the node's own cache" },
  ]);
}
