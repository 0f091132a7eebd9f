import type { types } from "@pulumi/kubernetes";
import type { EntranceSettings, Labels } from "../settings/settings.ts";

type ServiceSpec = types.input.core.v1.ServiceSpec;
type Entrance = Extract<EntranceSettings, { kind: "service" }>;

/** The Service of a Traefik of ours: inside of the cluster for a tunnel, else the way in. */
export function traefikServiceSpec(entrance: EntranceSettings, selector: Labels): ServiceSpec {
  const ports = [{ name: "web", port: 80, targetPort: "web", protocol: "TCP" }];
  if (entrance.kind !== "service") return { type: "ClusterIP", selector: { ...selector }, ports };
  return { ...exposure(entrance), selector: { ...selector }, ports: entrancePorts(entrance) };
}

/** The port for plain http only sends people to the other one. */
const entrancePorts = ({ nodePort }: Entrance) => [
  { name: "https", port: 443, targetPort: "web", protocol: "TCP", ...(nodePort === undefined ? {} : { nodePort }) },
  { name: "http", port: 80, targetPort: "plain", protocol: "TCP" },
];

function exposure({ type, loadBalancerClass, allowedCidrs }: Entrance): ServiceSpec {
  if (type === "ClusterIP") return { type };
  // People's addresses stay what they are, for limits and for the audit. The price: only nodes with a pod of Traefik answer, which
  // a load balancer finds out by itself, and whoever sends to node ports of several nodes has to check.
  const base: ServiceSpec = { type, externalTrafficPolicy: "Local" };
  if (type === "NodePort") return base;
  return {
    ...base,
    ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
    ...(allowedCidrs.length === 0 ? {} : { loadBalancerSourceRanges: [...allowedCidrs] }),
  };
}
