import type { V1Container, V1Probe } from "@kubernetes/client-node";
import { broken, containersOf, type Placed, type PodTemplate } from "./objects.ts";

/** Tags below which the content changes. */
const FLOATING = /^(latest|stable|edge|main|master|nightly|dev)$/;

/** What keeps containers from running as they should: their image, what they may use, and how anybody knows that they live. */
export const runningProblems = (templates: readonly PodTemplate[]): string[] =>
  templates.flatMap((template) => [
    ...broken(template.where, ofPod(template)),
    ...containersOf(template).flatMap((placed) => [
      ...imageProblems(placed),
      ...broken(placed.where, ofResources(placed.container)),
      ...probeProblems(placed),
      ...portProblems(placed),
      ...environmentProblems(placed),
    ]),
  ]);

function ofPod({ spec, workload }: PodTemplate): Record<string, unknown> {
  const names = containersOf({ where: "", spec }).map(({ container }) => container.name);
  const isSpread = (spec.topologySpreadConstraints ?? []).length > 0;
  const sleeps = spec.containers.map(({ lifecycle }) => lifecycle?.preStop?.sleep?.seconds ?? 0);
  return {
    "has two containers of one name": new Set(names).size !== names.length,
    "runs all of its replicas on one node, if it comes so": (workload.replicas ?? 1) > 1 && !isSpread,
    "sleeps for longer before its end than it has for it":
      Math.max(...sleeps) >= (spec.terminationGracePeriodSeconds ?? 30),
  };
}

function imageProblems({ container: { image = "" }, where }: Placed): string[] {
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return [];
  const tag = /:([\w.-]+)$/.exec(image)?.[1];
  return tag === undefined || FLOATING.test(tag) ? [`${where}: the image ${image} is another one tomorrow`] : [];
}

const ofResources = ({ resources }: V1Container): Record<string, unknown> => ({
  "requests no CPU": !resources?.requests?.["cpu"],
  "requests no memory": !resources?.requests?.["memory"],
  "has no limit of memory": !resources?.limits?.["memory"],
});

const PROBES = ["startupProbe", "livenessProbe", "readinessProbe"] as const;

/** Whoever listens says when it is ready, and is started again when it hangs. */
function probeProblems({ container, where, isInit }: Placed): string[] {
  const missing = (["livenessProbe", "readinessProbe"] as const).filter((name) => !container[name]);
  return [
    ...(isInit || (container.ports ?? []).length === 0 ? [] : missing.map((name) => `${where}: has no ${name}`)),
    ...PROBES.flatMap((name) => {
      const port = portOf(container[name]);
      const isThere = port === undefined || hasPort(container, port);
      return isThere ? [] : [`${where}: its ${name} asks port ${port}, which it does not have`];
    }),
  ];
}

const portOf = (probe: V1Probe | undefined): string | number | undefined =>
  (probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? probe?.grpc?.port) as string | number | undefined;

/** @param port its name or number */
export const hasPort = ({ ports = [] }: V1Container, port: string | number): boolean =>
  ports.some(({ name, containerPort }) => name === port || containerPort === port);

function portProblems({ container: { ports = [] }, where }: Placed): string[] {
  const names = ports.map(({ name }) => name ?? "");
  const numbers = ports.map(({ containerPort, protocol = "TCP" }) => `${containerPort}/${protocol}`);
  return [
    ...broken(where, {
      "has two ports of one name": new Set(names).size !== names.length,
      "has a port twice": new Set(numbers).size !== numbers.length,
    }),
    ...names
      .filter((name) => !/^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/.test(name))
      .map((name) => `${where}: "${name}" is not the name of a port`),
  ];
}

function environmentProblems({ container: { env = [] }, where }: Placed): string[] {
  const names = env.map(({ name }) => name);
  return names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${where}: sets ${name} twice`);
}
