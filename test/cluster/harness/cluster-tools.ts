import { findTool } from "../find-tools.ts";

/** What a cluster on this machine is made of, besides the nodes, the edge before it, and what deploys to it. */
const CLUSTER_TOOLS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
  "traefik",
  "oauth2-proxy",
  "pulumi",
] as const;
export type ClusterTool = (typeof CLUSTER_TOOLS)[number];

/** Programs that are neither built nor on PATH: without them neither a cluster nor an edge can be started. */
export const missingTools = (): ClusterTool[] => CLUSTER_TOOLS.filter((name) => findTool(name) === undefined);

export function clusterTool(name: ClusterTool): string {
  const file = findTool(name);
  if (file === undefined) throw new Error(`${name} is missing: make tools`);
  return file;
}
