import { expect, test } from "vitest";
import { may, type Endpoint } from "./policy-semantics.ts";
import { APP_LABELS } from "../../src/contracts/cluster-names.ts";
import { labelsOf } from "../../src/deploy/objects/labels.ts";
import { PRE_PULLER } from "../../src/deploy/sessions/pre-puller.ts";
import { PROGRAMS, type ProgramName } from "../../src/deploy/objects/programs.ts";
import type { Settings } from "../../src/deploy/settings/settings.ts";
import { networkPolicies } from "../../src/deploy/network-policies/render.ts";

const NAMESPACES = { edge: "opencode-edge", system: "opencode-system", sessions: "opencode-sessions" };
let addresses = 0;
const pod = (namespace: string, labels: Record<string, string>, ip = `10.42.0.${++addresses}`): Endpoint => ({
  ip,
  pod: { namespace, labels },
});
const ours = (name: ProgramName) => pod(NAMESPACES[PROGRAMS[name].zone], labelsOf("opencode", name));
const session = (hash: string, ip?: string) =>
  pod(NAMESPACES.sessions, { ...APP_LABELS, "opencode-router.dev/session": hash }, ip);

/** Everybody who may try something, and everything that they may try. */
const PLACES = {
  traefik: ours("traefik"),
  "oauth2-proxy": ours("oauth2-proxy"),
  redis: ours("redis"),
  cloudflared: ours("cloudflared"),
  router: ours("router"),
  postgres: ours("postgres"),
  session: session("0123456789ab"),
  "another session": session("ba9876543210"),
  "session with a public address": session("aaaaaaaaaaaa", "52.1.2.3"),
  "session with a public IPv6 address": session("bbbbbbbbbbbb", "2600:1::5"),
  "pre-puller": pod(NAMESPACES.system, labelsOf("opencode", PRE_PULLER)),
  "any pod of edge": pod(NAMESPACES.edge, { app: "x" }),
  dns: pod("kube-system", { "k8s-app": "kube-dns" }),
  "openshift dns": pod("openshift-dns", { "dns.operator.openshift.io/daemonset-dns": "default" }),
  prometheus: pod("monitoring", { app: "prometheus" }),
  "their traefik": pod("kube-ingress", { "app.kubernetes.io/name": "traefik" }),
  "pod beside their traefik": pod("kube-ingress", { app: "x" }),
  stranger: pod("default", { "app.kubernetes.io/component": "session", ...labelsOf("opencode", "traefik") }),
  "database pod": pod("db", { app: "postgres" }),
  "node-local dns": { ip: "169.254.20.10" },
  metadata: { ip: "169.254.169.254" },
  "metadata over IPv6": { ip: "fd00:ec2::254" },
  "azure host": { ip: "168.63.129.16" },
  internet: { ip: "140.82.121.3" },
  "internet over IPv6": { ip: "2a00:1450:4001::1" },
  "private server": { ip: "10.1.2.3" },
  "private server over IPv6": { ip: "fd12::1" },
  "mapped metadata": { ip: "64:ff9b::a9fe:a9fe" },
  "API server": { ip: "10.96.0.1" },
  "public API server": { ip: "34.1.2.3" },
} as const satisfies Record<string, Endpoint>;
type Place = keyof typeof PLACES;

const ask = (settings: Settings, line: string): boolean => {
  const [, from, to, port, protocol] = /^(.+) → (.+):(\d+)(\/udp)?$/.exec(line) ?? [];
  for (const place of [from, to]) if (!Object.hasOwn(PLACES, place ?? "")) throw new Error(`Who is ${place}?`);
  const policies = networkPolicies(settings).map(({ zone, spec }) => ({
    metadata: { namespace: NAMESPACES[zone] },
    spec,
  }));
  return may(policies, {
    from: PLACES[from as Place],
    to: PLACES[to as Place],
    port: Number(port),
    protocol: protocol ? "UDP" : "TCP",
  });
};

/** Asks the rendered policies, line by line: the two tables have `<from> → <to>:<port>[/udp]`. */
export const check = (settings: Settings, table: Record<"allowed" | "refused", string>) => {
  const lines = (text: string) => text.trim().split(/\s*\n\s*/);
  test.each(lines(table.allowed))("%s is allowed", (line) => expect(ask(settings, line)).toBe(true));
  test.each(lines(table.refused))("%s is refused", (line) => expect(ask(settings, line)).toBe(false));
};

/** So that not everything is allowed to the router. */
export const API = { "cluster.apiServerCidrs": "34.1.2.3/32,10.96.0.1/32" };
