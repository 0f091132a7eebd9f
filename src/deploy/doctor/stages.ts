import { connectionChecks } from "./certificate.ts";
import type { Stage } from "./check.ts";
import { storageChecks, versionChecks, workloadChecks } from "./cluster.ts";
import { identityChecks } from "./identity.ts";
import type { Kubectl } from "./kubectl.ts";
import { nameChecks, type Resolve } from "./names.ts";
import type { ClusterFacts, Platform } from "./platform.ts";
import { policyChecks } from "./policies.ts";
import { signInChecks } from "./sign-in.ts";
import { socketChecks } from "./socket.ts";
import { streamChecks } from "./streams.ts";
import type { Timing } from "./timing.ts";
import { Web, type Address } from "./web.ts";

export interface Examination {
  readonly platform: Platform;
  readonly kubectl: Kubectl;
  /** Undefined: names do not matter, for another address is connected to. */
  readonly resolve: Resolve | undefined;
  /** Where to connect to instead of what the names lead to. */
  readonly address?: Address | undefined;
  /** A personal access token of somebody. */
  readonly token: string | undefined;
  readonly timing: Timing;
  /** Ends the slow checks early; what they have made is removed all the same. */
  readonly signal: AbortSignal;
}

/** Everything that is looked at, in an order in which what is wrong stands before what it causes. */
export const stages = (examination: Examination): Stage[] => [
  ...clusterStages(examination),
  ...edgeStages(examination),
];

const NO_CLUSTER: ClusterFacts = {
  kubeconfig: undefined,
  context: undefined,
  namespaces: { edge: "", system: "", sessions: "" },
  storageClasses: [],
};

function clusterStages({ platform, kubectl, signal }: Examination): Stage[] {
  const { cluster = NO_CLUSTER, notDeployed } = platform;
  const unknown = platform.cluster === undefined ? "DOCTOR_CONTEXT names no cluster." : undefined;
  return [
    { name: "cluster", checks: versionChecks(kubectl), skip: unknown },
    { name: "storage", checks: storageChecks(cluster, kubectl), needs: ["cluster"], skip: unknown },
    {
      name: "workloads",
      checks: workloadChecks(cluster, kubectl),
      needs: ["cluster", "storage"],
      skip: unknown ?? notDeployed,
    },
    {
      name: "network policies",
      checks: policyChecks(cluster, kubectl, signal),
      needs: ["cluster", "workloads"],
      skip: unknown ?? notDeployed,
    },
  ];
}

function edgeStages({ platform, resolve, address, token, timing, signal }: Examination): Stage[] {
  const web = new Web(address);
  const skip = platform.notDeployed;
  const tokenPage = new URL("/settings", platform.url).href;
  const noToken = `OPENCODE_ROUTER_TOKEN or OPENCODE_ROUTER_TOKEN_FILE has no token: make one with the scopes read and sessions at ${tokenPage}.`;
  const caller = { platform, web, token: token ?? "", timing, signal };
  return [
    {
      name: "names",
      checks: nameChecks(platform, resolve ?? (async () => [])),
      skip: skip ?? (resolve === undefined ? "DOCTOR_ADDRESS is connected to, whatever they lead to." : undefined),
    },
    { name: "connection", checks: connectionChecks(platform, web, address), skip },
    { name: "sign-in", checks: signInChecks(platform, web), needs: ["connection"], skip },
    { name: "identity", checks: identityChecks(platform, web), needs: ["connection"], skip },
    {
      name: "long connections",
      checks: [...streamChecks(platform, web, caller), ...socketChecks(caller)],
      needs: ["connection"],
      skip: skip ?? (token === undefined ? noToken : undefined),
    },
  ];
}
