import { BlockList, isIP } from "node:net";

type Labels = Readonly<Record<string, string>>;
interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: unknown;
}
interface Peer {
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}
interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly protocol?: string; readonly port?: number | string }[];
}

/** As much of a NetworkPolicy as decides. */
export interface NetworkPolicy {
  readonly metadata: { readonly namespace: string };
  readonly spec: {
    readonly podSelector: Selector;
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}

/** A pod; or what is outside of the cluster, with an address only. */
export interface Endpoint {
  readonly ip: string;
  readonly pod?: { readonly namespace: string; readonly labels: Labels };
}

export interface Connection {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly port: number;
  readonly protocol?: "TCP" | "UDP";
}

/**
 * Whether a cluster that enforces these policies lets the connection through: the sender's policies and the receiver's both
 * have to. Ranges also fit the addresses of pods, as they do in many clusters.
 */
export const may = (policies: readonly NetworkPolicy[], connection: Connection): boolean =>
  passes(policies, connection, "Egress") && passes(policies, connection, "Ingress");

function passes(policies: readonly NetworkPolicy[], connection: Connection, type: "Ingress" | "Egress"): boolean {
  const { pod } = type === "Egress" ? connection.from : connection.to;
  if (!pod) return true;
  const own = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace && spec.policyTypes.includes(type) && fits(spec.podSelector, pod.labels),
  );
  if (own.length === 0) return true;
  const [other, rulesOf] =
    type === "Egress"
      ? ([connection.to, ({ spec }: NetworkPolicy) => spec.egress] as const)
      : ([connection.from, ({ spec }: NetworkPolicy) => spec.ingress] as const);
  return own.some((policy) =>
    rulesOf(policy)?.some((rule) => {
      const peers = type === "Egress" ? rule.to : rule.from;
      const isPeer = !peers || peers.length === 0 || peers.some((peer) => isOf(other, peer, pod.namespace));
      return isPeer && isPort(rule, connection);
    }),
  );
}

function fits({ matchLabels = {}, matchExpressions }: Selector, labels: Labels): boolean {
  if (matchExpressions !== undefined) throw new Error("matchExpressions are not understood here");
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}

function isOf({ ip, pod }: Endpoint, { ipBlock, namespaceSelector, podSelector }: Peer, own: string): boolean {
  if (ipBlock) return contains(ipBlock.cidr, ip) && !(ipBlock.except ?? []).some((cidr) => contains(cidr, ip));
  if (!pod) return false;
  const inNamespace = namespaceSelector
    ? fits(namespaceSelector, { "kubernetes.io/metadata.name": pod.namespace })
    : pod.namespace === own;
  return inNamespace && fits(podSelector ?? {}, pod.labels);
}

const familyOf = (address: string) => (isIP(address) === 4 ? "ipv4" : "ipv6");

const ranges = new Map<string, BlockList>();

function rangeOf(cidr: string): BlockList {
  const known = ranges.get(cidr);
  if (known) return known;
  const [network = "", prefix = ""] = cidr.split("/");
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), familyOf(network));
  ranges.set(cidr, list);
  return list;
}

const contains = (cidr: string, ip: string): boolean =>
  cidr.includes(":") === ip.includes(":") && rangeOf(cidr).check(ip, familyOf(ip));

const isPort = ({ ports }: Rule, { port, protocol = "TCP" }: Connection): boolean =>
  !ports ||
  ports.length === 0 ||
  ports.some((one) => (one.protocol ?? "TCP") === protocol && (one.port === undefined || one.port === port));
