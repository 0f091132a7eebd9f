import type { V1LabelSelector } from "@kubernetes/client-node";
import { hasPort } from "./running.ts";
import { broken, nameOf, ofKind, selects, type ClusterObject, type Labels, type PodTemplate } from "./objects.ts";

/** Selectors that select nothing, or too much: of workloads, Services, disruption budgets, scalers and monitors. */
export const selectionProblems = (objects: readonly ClusterObject[], templates: readonly PodTemplate[]): string[] => [
  ...workloadProblems(templates),
  ...serviceProblems(objects, templates),
  ...budgetProblems(objects, templates),
  ...scalerProblems(objects, templates),
  ...monitorProblems(objects),
];

const labelsIn = (selector: V1LabelSelector | undefined): Labels => selector?.matchLabels ?? {};

const workloadProblems = (templates: readonly PodTemplate[]): string[] =>
  templates.flatMap(({ where, namespace, labels, workload }) => {
    const wanted = labelsIn(workload.selector);
    const others = templates.filter(
      (other) => other.where !== where && other.namespace === namespace && selects(wanted, other.labels),
    );
    return [
      ...broken(where, {
        "selects by nothing": Object.keys(wanted).length === 0,
        "selects by expressions": workload.selector?.matchExpressions,
        "does not select its own pods": !selects(wanted, labels),
      }),
      ...others.map((other) => `${where}: selects the pods of ${other.where}, too`),
    ];
  });

const selected = (namespace: string | undefined, selector: Labels, templates: readonly PodTemplate[]): PodTemplate[] =>
  templates.filter((template) => template.namespace === namespace && selects(selector, template.labels));

const serviceProblems = (objects: readonly ClusterObject[], templates: readonly PodTemplate[]): string[] =>
  ofKind(objects, "Service").flatMap((service) => {
    const where = nameOf(service);
    const { selector = {}, ports = [] } = service.spec ?? {};
    const chosen = selected(service.metadata.namespace, selector, templates);
    const names = ports.map(({ name }) => name);
    const lost = ports
      .map(({ targetPort, port }) => (targetPort ?? port) as string | number)
      .filter((port) => !chosen.every(({ spec }) => spec.containers.some((container) => hasPort(container, port))));
    return [
      ...broken(where, {
        "selects by nothing": Object.keys(selector).length === 0,
        "has no port": ports.length === 0,
        "has two ports of one name": new Set(names).size !== names.length,
      }),
      ...(chosen.length === 1 ? [] : [`${where}: selects ${chosen.length} kinds of pods, not one`]),
      ...lost.map((port) => `${where}: leads to port ${port}, which its pods do not have`),
    ];
  });

/** How many pods there are at least. */
const replicasOf = (template: PodTemplate, objects: readonly ClusterObject[]): number => {
  const scaler = ofKind(objects, "HorizontalPodAutoscaler").find(
    ({ spec, metadata }) =>
      `${spec?.scaleTargetRef.kind} ${metadata.namespace}/${spec?.scaleTargetRef.name}` === template.where,
  );
  return template.workload.replicas ?? scaler?.spec?.minReplicas ?? 1;
};

/** A budget that nobody may use blocks the drain of a node for ever; pods without one may all go at once. */
function budgetProblems(objects: readonly ClusterObject[], templates: readonly PodTemplate[]): string[] {
  const budgets = ofKind(objects, "PodDisruptionBudget").map((budget) => ({
    budget,
    chosen: selected(budget.metadata.namespace, labelsIn(budget.spec?.selector), templates),
  }));
  const without = templates.filter(
    (template) =>
      replicasOf(template, objects) > 1 &&
      !budgets.some(({ chosen }) => chosen.some(({ where }) => where === template.where)),
  );
  return [
    ...budgets.flatMap(({ budget, chosen: [template, ...others] }) => {
      const where = nameOf(budget);
      if (!template || others.length > 0)
        return [`${where}: selects ${others.length + (template ? 1 : 0)} kinds of pods`];
      const pods = replicasOf(template, objects);
      return broken(where, {
        [`keeps ${pods} of ${pods} pods, so that no node can be drained`]: !spares(budget.spec ?? {}, pods),
      });
    }),
    ...without.map(({ where }) => `${where}: has no disruption budget for its several pods`),
  ];
}

function spares({ minAvailable, maxUnavailable }: { minAvailable?: unknown; maxUnavailable?: unknown }, pods: number) {
  const count = (value: unknown) =>
    typeof value === "string" && value.endsWith("%")
      ? Math.ceil((Number.parseFloat(value) / 100) * pods)
      : Number(value);
  if (maxUnavailable !== undefined) return count(maxUnavailable) >= 1 && pods > 1;
  return count(minAvailable ?? 0) < pods;
}

const scalerProblems = (objects: readonly ClusterObject[], templates: readonly PodTemplate[]): string[] =>
  ofKind(objects, "HorizontalPodAutoscaler").flatMap((scaler) => {
    const { scaleTargetRef, minReplicas = 1, maxReplicas = 0 } = scaler.spec ?? {};
    const target = `${scaleTargetRef?.kind} ${scaler.metadata.namespace}/${scaleTargetRef?.name}`;
    const template = templates.find(({ where }) => where === target);
    return broken(nameOf(scaler), {
      [`there is no ${target}`]: !template,
      [`${target} has a number of replicas, which each \`up\` would set back`]:
        template?.workload.replicas !== undefined,
      "has no room": maxReplicas <= minReplicas,
    });
  });

interface MonitorSpec {
  readonly selector: V1LabelSelector;
  readonly endpoints: readonly { readonly port: string }[];
}

const monitorProblems = (objects: readonly ClusterObject[]): string[] =>
  ofKind(objects, "ServiceMonitor").flatMap((monitor) => {
    const { selector, endpoints } = monitor.spec as unknown as MonitorSpec;
    const services = ofKind(objects, "Service").filter(
      ({ metadata }) =>
        metadata.namespace === monitor.metadata.namespace && selects(labelsIn(selector), metadata.labels ?? {}),
    );
    return endpoints.flatMap(({ port }) => {
      const with_ = services.filter(({ spec }) => spec?.ports?.some(({ name }) => name === port));
      return with_.length === 1 ? [] : [`${nameOf(monitor)}: port ${port} is of ${with_.length} Services`];
    });
  });
