import type { V1Container } from "@kubernetes/client-node";
import { may, type Endpoint, type NetworkPolicy } from "../policy-semantics.ts";
import { nameOf, ofKind, selects, type ClusterObject, type PodTemplate } from "./objects.ts";

type Rule = NonNullable<NetworkPolicy["spec"]["ingress"]>[number];
type Peer = NonNullable<Rule["from"]>[number];

/**
 * Policies that are about nobody, or about ports that nobody has; namespaces that do not refuse everything else; and ports that
 * nobody may reach. @param templates of all pods, those of sessions among them
 */
export function policyProblems(
  objects: readonly ClusterObject[],
  templates: readonly PodTemplate[],
  namespaces: readonly string[],
): string[] {
  const policies = ofKind(objects, "NetworkPolicy");
  return [
    ...namespaces
      .filter(
        (namespace) => !policies.some((policy) => policy.metadata.namespace === namespace && isDefaultDeny(policy)),
      )
      .map((namespace) => `Namespace ${namespace}: does not refuse what no policy allows`),
    ...policies
      .filter((policy) => !isDefaultDeny(policy))
      .flatMap((policy) => ofPolicy(policy, { templates, namespaces })),
    ...templates.flatMap((template) => unreachable(template, policies as unknown as NetworkPolicy[])),
  ];
}

type Policy = ClusterObject & Pick<NetworkPolicy, "spec">;

const isDefaultDeny = ({ spec }: Policy): boolean =>
  Object.keys(spec.podSelector).length === 0 &&
  ["Ingress", "Egress"].every((type) => spec.policyTypes.includes(type)) &&
  (spec.ingress ?? []).length === 0 &&
  (spec.egress ?? []).length === 0;

interface Cluster {
  readonly templates: readonly PodTemplate[];
  readonly namespaces: readonly string[];
}

function ofPolicy(policy: Policy, cluster: Cluster): string[] {
  const where = nameOf(policy);
  const { podSelector, policyTypes, ingress = [], egress = [] } = policy.spec;
  const own = cluster.templates.filter(
    ({ namespace, labels }) => namespace === policy.metadata.namespace && selects(podSelector.matchLabels, labels),
  );
  return [
    ...(own.length === 0 ? [`${where}: selects nothing`] : []),
    ...(policyTypes.length < 2 ? [`${where}: is about one direction only`] : []),
    ...[...ingress, ...egress]
      .filter(({ ports, from, to }) => [ports, from, to].some((list) => list?.length === 0))
      .map(() => `${where}: has an empty list, which allows everything`),
    ...ingress.flatMap((rule) => [
      ...lostPorts(rule, own).map((port) => `${where}: lets others reach port ${port}, which its pods do not have`),
      ...(rule.from ?? []).flatMap((peer) =>
        nobody(peer, cluster).map((who) => `${where}: lets in ${who}, who is nobody`),
      ),
    ]),
    ...egress.flatMap((rule) =>
      (rule.to ?? []).flatMap((peer) => [
        ...nobody(peer, cluster).map((who) => `${where}: lets out to ${who}, who is nobody`),
        ...lostPorts(rule, pods(peer, cluster) ?? []).map(
          (port) => `${where}: lets out to port ${port}, which ${JSON.stringify(peer)} does not have`,
        ),
      ]),
    ),
  ];
}

/** Pods of ours that a peer names; undefined when it names others. */
function pods({ namespaceSelector, podSelector }: Peer, { templates, namespaces }: Cluster): PodTemplate[] | undefined {
  const namespace = namespaceSelector?.matchLabels?.["kubernetes.io/metadata.name"];
  if (namespace === undefined || !namespaces.includes(namespace)) return undefined;
  return templates.filter(
    (template) => template.namespace === namespace && selects(podSelector?.matchLabels, template.labels),
  );
}

const nobody = (peer: Peer, cluster: Cluster): string[] =>
  pods(peer, cluster)?.length === 0 ? [JSON.stringify(peer)] : [];

const containers = ({ spec }: PodTemplate): V1Container[] => [...(spec.initContainers ?? []), ...spec.containers];

const lostPorts = ({ ports = [] }: Rule, templates: readonly PodTemplate[]): (string | number)[] =>
  ports
    .flatMap(({ port }) => (port === undefined ? [] : [port]))
    .filter((port) =>
      templates.some(
        (template) =>
          !containers(template).some(({ ports: own = [] }) =>
            own.some(({ containerPort, name }) => containerPort === port || name === port),
          ),
      ),
    );

/** Somebody who is let in everywhere that anybody of these is: every peer of the policies, and a stranger from outside. */
function unreachable(template: PodTemplate, policies: readonly NetworkPolicy[]): string[] {
  const to: Endpoint = { ip: "10.0.0.1", pod: template };
  const peers = policies.flatMap(({ spec }) => (spec.ingress ?? []).flatMap(({ from = [] }) => from));
  const callers: Endpoint[] = [
    { ip: "192.0.2.1" },
    ...peers.map(({ namespaceSelector, podSelector }) => ({
      ip: "192.0.2.1",
      pod: {
        namespace: namespaceSelector?.matchLabels?.["kubernetes.io/metadata.name"] ?? template.namespace,
        labels: podSelector?.matchLabels ?? {},
      },
    })),
  ];
  // Whether they may speak at all is another question: here only what listens is asked.
  const ingress = policies.map(({ metadata, spec }) => ({
    metadata,
    spec: { ...spec, policyTypes: spec.policyTypes.filter((type) => type === "Ingress") },
  }));
  return containers(template)
    .flatMap(({ ports = [] }) => ports)
    .filter(({ containerPort: port }) => !callers.some((from) => may(ingress, { from, to, port })))
    .map(({ containerPort }) => `${template.where}: nobody may reach its port ${containerPort}`);
}
