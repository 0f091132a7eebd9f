import { APP_LABELS } from "../../contracts/cluster-names.ts";
import { labelsOf, selectorOf } from "../objects/labels.ts";
import { PROGRAMS, type Zone } from "../objects/programs.ts";
import type { Labels } from "../settings/settings.ts";
import type { End, Port } from "./ends.ts";
import { deployedPrograms, flows, type Flow, type FlowSettings } from "./flows.ts";

/** A NetworkPolicy of a namespace, as Kubernetes writes it. */
export interface Policy {
  readonly zone: Zone;
  readonly name: string;
  readonly labels: Labels;
  readonly spec: PolicySpec;
}

export interface PolicySpec {
  /** Without labels: every pod of the namespace. */
  readonly podSelector: Selector;
  readonly policyTypes: ("Ingress" | "Egress")[];
  readonly ingress?: { readonly from?: PolicyPeer[]; readonly ports?: Port[] }[];
  readonly egress?: { readonly to?: PolicyPeer[]; readonly ports?: Port[] }[];
}

interface Selector {
  readonly matchLabels?: Labels;
}

export interface PolicyPeer {
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: string[] };
}

const ZONES: readonly Zone[] = ["edge", "system", "sessions"];

/** Nothing at all in each namespace, and then what each of our programs and the sessions may. */
export const networkPolicies = (settings: FlowSettings): readonly Policy[] => {
  const table = flows(settings);
  const labels = labelsOf(settings.name, "network-policies");
  return [
    ...ZONES.map((zone): Policy => ({ zone, name: "default-deny", labels, spec: NOTHING })),
    ...deployedPrograms(settings).map((name): Policy => {
      const podSelector = { matchLabels: selectorOf(settings.name, name) };
      const own = rules(table, (end) => end.kind === "program" && end.program === name, settings);
      return { zone: PROGRAMS[name].zone, name, labels, spec: { podSelector, ...own } };
    }),
    {
      zone: "sessions",
      name: "sessions",
      labels,
      spec: { podSelector: SESSION_PODS, ...rules(table, ({ kind }) => kind === "sessions", settings) },
    },
  ];
};

const NOTHING: PolicySpec = { podSelector: {}, policyTypes: ["Ingress", "Egress"] };

const COMPONENT = "app.kubernetes.io/component";
const SESSION_PODS: Selector = { matchLabels: { [COMPONENT]: APP_LABELS[COMPONENT] } };

const rules = (
  table: readonly Flow[],
  isOwn: (end: End) => boolean,
  settings: FlowSettings,
): Pick<PolicySpec, "policyTypes" | "ingress" | "egress"> => ({
  policyTypes: ["Ingress", "Egress"],
  ...some(
    "ingress",
    table.filter((flow) => isOwn(flow.to)).map((flow) => rule("from", flow, settings)),
  ),
  ...some(
    "egress",
    table.filter((flow) => isOwn(flow.from)).map((flow) => rule("to", flow, settings)),
  ),
});

/** The cluster forgets empty lists. */
const some = <K extends string, T>(name: K, list: T[]): Partial<Record<K, T[]>> =>
  list.length === 0 ? {} : ({ [name]: list } as Record<K, T[]>);

type Rule = { readonly ports?: Port[] } & Partial<Record<"from" | "to", PolicyPeer[]>>;

/** No peers at all is everybody: an empty list would be so, too, and reads like nobody. */
const rule = (direction: "from" | "to", flow: Flow, settings: FlowSettings): Rule => {
  const end = flow[direction];
  return {
    ...(end.kind === "anywhere" ? {} : { [direction]: peersOf(end, settings) }),
    ...(flow.ports === "all" ? {} : { ports: [...flow.ports] }),
  };
};

function peersOf(end: Exclude<End, { kind: "anywhere" }>, { name, namespaces }: FlowSettings): PolicyPeer[] {
  switch (end.kind) {
    case "program":
      return [inNamespace(namespaces[PROGRAMS[end.program].zone], { matchLabels: selectorOf(name, end.program) })];
    case "sessions":
      return [inNamespace(namespaces.sessions, SESSION_PODS)];
    case "pods":
      return [inNamespace(end.namespace, Object.keys(end.labels).length > 0 ? { matchLabels: end.labels } : undefined)];
    case "ranges":
      return end.ranges.map(({ cidr, except }) => ({
        ipBlock: { cidr, ...(except.length > 0 ? { except: [...except] } : {}) },
      }));
  }
}

/** Every namespace has this label with its name: the API server itself sets it. */
const inNamespace = (namespace: string, podSelector: Selector | undefined): PolicyPeer => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
  ...(podSelector ? { podSelector } : {}),
});
