import { GLOBAL_V6, SPECIAL_V4, SPECIAL_V6, type Range } from "../../contracts/special-ranges.ts";
import { PROGRAMS, type ProgramName } from "../objects/programs.ts";
import type { ClusterSettings, Labels } from "../settings/settings.ts";
import { BlockList, isIP } from "node:net";

/** Who is at one end of a connection. */
export type End =
  | { readonly kind: "program"; readonly program: ProgramName }
  | { readonly kind: "sessions" }
  /** Pods that are not ours; without labels all of the namespace. */
  | { readonly kind: "pods"; readonly namespace: string; readonly labels: Labels }
  | { readonly kind: "ranges"; readonly ranges: readonly AddressRange[] }
  /** Pods, nodes and the internet alike. */
  | { readonly kind: "anywhere" };

export interface AddressRange {
  readonly cidr: string;
  readonly except: readonly string[];
}

/** Ports where the connection ends: those of containers, for a policy is asked after a Service has chosen a pod. */
export interface Port {
  readonly protocol: "TCP" | "UDP";
  /** Undefined: all of them. */
  readonly port?: number;
}

/** Where a connection ends. */
export interface Target {
  readonly to: End;
  readonly ports: readonly Port[] | "all";
}

export const tcp = (...ports: readonly number[]): Port[] =>
  [...new Set(ports)].map((port) => ({ protocol: "TCP", port }));
export const udp = (port: number): Port => ({ protocol: "UDP", port });
export const ALL_TCP: readonly Port[] = [{ protocol: "TCP" }];

export const program = (name: ProgramName): End => ({ kind: "program", program: name });
export const SESSIONS: End = { kind: "sessions" };
export const ANYWHERE: End = { kind: "anywhere" };
export const pods = (namespace: string, labels: Labels = {}): End => ({ kind: "pods", namespace, labels });
export const ranges = (...cidrs: readonly string[]): End => ({
  kind: "ranges",
  ranges: cidrs.map((cidr) => ({ cidr, except: [] })),
});

/** These ports of a program, by their names. */
export const to = <P extends ProgramName>(name: P, ...ports: (keyof (typeof PROGRAMS)[P]["ports"])[]): Target => {
  const numbers = PROGRAMS[name].ports as Readonly<Record<keyof (typeof PROGRAMS)[P]["ports"], number>>;
  return { to: program(name), ports: tcp(...ports.map((port) => numbers[port])) };
};

const text = ([network, prefix]: Range): string => `${network}/${prefix}`;

/** Hosts that are nobody's private ones: no pod, Service, node, neighbour or metadata service. */
export const internet = ({ podCidrs, serviceCidrs, nodeCidrs }: ClusterSettings): End => {
  const own = [...podCidrs, ...serviceCidrs, ...nodeCidrs];
  return {
    kind: "ranges",
    ranges: [without(["0.0.0.0", 0], SPECIAL_V4, own), without(GLOBAL_V6, SPECIAL_V6, own)],
  };
};

/** The API server wants every exception to be a real part of the range. */
function without([network, prefix]: Range, special: readonly Range[], own: readonly string[]): AddressRange {
  const family = isIP(network) === 4 ? "ipv4" : "ipv6";
  const range = new BlockList();
  range.addSubnet(network, prefix, family);
  const inside = own.filter((cidr) => {
    const [address = "", length = ""] = cidr.split("/");
    return range.check(address, isIP(address) === 4 ? "ipv4" : "ipv6") && Number(length) > prefix;
  });
  return { cidr: text([network, prefix]), except: [...new Set([...special.map(text), ...inside])] };
}

const SERVICE_NAME = /^[a-z0-9.-]+\.([a-z0-9-]+)\.svc(?:\.[a-z0-9.-]+)?$/;

/**
 * A server that the operator names, as narrow as its address allows. The pods behind a Service may listen on another port than
 * the Service's, which is what the address tells.
 */
export function serverAt(url: string, usualPort: number): Target {
  const { hostname, port } = new URL(url);
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  const ports = tcp(port === "" ? usualPort : Number(port));
  const version = isIP(address);
  if (version !== 0) return { to: ranges(`${address}/${version === 4 ? 32 : 128}`), ports };
  const namespace = SERVICE_NAME.exec(address)?.[1];
  return namespace === undefined ? { to: ANYWHERE, ports } : { to: pods(namespace), ports: ALL_TCP };
}
