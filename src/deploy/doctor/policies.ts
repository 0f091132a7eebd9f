import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { APP_LABELS, SESSION_LABEL } from "../../contracts/cluster-names.ts";
import { PROGRAMS, SERVICES } from "../objects/programs.ts";
import { RESTRICTED_CONTAINER, restrictedPod } from "../objects/restricted.ts";
import { failed, ok, skipped, type Check, type Verdict } from "./check.ts";
import { Workloads, workloadsOf } from "./cluster.ts";
import { getJson, type Kubectl } from "./kubectl.ts";
import type { ClusterFacts } from "./platform.ts";
import { POLICY_SCRIPT } from "./policy-script.ts";

const SESSION_USER = 1000;
const LOOK_MS = 1_000;
/** A node may have to pull the image; the pod ends by itself, should nobody end it. */
const LIMIT_SECONDS = 240;

interface Target {
  readonly host: string;
  readonly port: number;
}

interface Targets {
  readonly allowed: Target;
  readonly forbidden: readonly Target[];
}

/** Whether the cluster does what its network policies say, seen from a pod that looks like a session. */
export const policyChecks = (cluster: ClusterFacts, kubectl: Kubectl, signal: AbortSignal): Check[] => [
  {
    title: "network policies are enforced",
    run: async () => {
      const image = sessionImage(await workloadsOf(kubectl, cluster.namespaces.system));
      if (image === undefined) return skipped("The router's Deployment does not tell the image of sessions.");
      const targets = targetsOf(cluster.namespaces);
      return judgePolicies(
        await runProbe(probePod(image, targets), cluster.namespaces.sessions, { kubectl, signal }),
        targets,
      );
    },
  },
];

const targetsOf = ({ edge, system }: ClusterFacts["namespaces"]): Targets => ({
  allowed: { host: `${SERVICES.internal}.${system}.svc`, port: PROGRAMS.router.ports.internal },
  forbidden: [
    { host: `${SERVICES.signIn}.${edge}.svc`, port: PROGRAMS["oauth2-proxy"].ports.http },
    { host: `${SERVICES.router}.${system}.svc`, port: PROGRAMS.router.ports.public },
  ],
});

interface SessionImage {
  readonly image: string;
  readonly pullSecret: string | undefined;
}

/** What the router starts sessions from. @param list the workloads of its namespace */
function sessionImage(list: unknown): SessionImage | undefined {
  const router = Workloads.parse(list).items.find(({ metadata }) => metadata.name === SERVICES.router);
  const env = router?.spec.template.spec.containers.flatMap((container) => container.env) ?? [];
  const valueOf = (name: string) => env.find((variable) => variable.name === name)?.value;
  const image = valueOf("SESSION_IMAGE");
  return image ? { image, pullSecret: valueOf("IMAGE_PULL_SECRET_NAME") } : undefined;
}

/** Labels of a session's pod, so that the policies for sessions are meant; no volume, no secret. */
export function probePod({ image, pullSecret }: SessionImage, { allowed, forbidden }: Targets) {
  const hash = randomBytes(6).toString("hex");
  const pair = ({ host, port }: Target) => [host, port];
  const targets = JSON.stringify({ allowed: pair(allowed), forbidden: forbidden.map(pair) });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `doctor-${hash}`, labels: { ...APP_LABELS, [SESSION_LABEL]: hash } },
    spec: {
      ...restrictedPod(SESSION_USER),
      restartPolicy: "Never",
      activeDeadlineSeconds: LIMIT_SECONDS,
      terminationGracePeriodSeconds: 0,
      ...(pullSecret ? { imagePullSecrets: [{ name: pullSecret }] } : {}),
      containers: [
        {
          name: "probe",
          image,
          command: ["node", "--eval", POLICY_SCRIPT],
          env: [
            { name: "TARGETS", value: targets },
            // Its content comes with the pod's status.
            { name: "RESULT_FILE", value: "/dev/termination-log" },
          ],
          resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { cpu: "500m", memory: "256Mi" } },
          ...RESTRICTED_CONTAINER,
        },
      ],
    },
  };
}

const PodStatus = z.object({
  status: z
    .object({
      phase: z.string().default("Pending"),
      message: z.string().optional(),
      conditions: z.array(z.object({ reason: z.string().optional(), message: z.string().optional() })).default([]),
      containerStatuses: z
        .array(
          z.object({
            state: z.object({
              waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional(),
              terminated: z.object({ message: z.string().optional(), reason: z.string().optional() }).optional(),
            }),
          }),
        )
        .default([]),
    })
    .default({ phase: "Pending", conditions: [], containerStatuses: [] }),
});

const Result = z.object({ allowed: z.string(), forbidden: z.array(z.string()) });
type Result = z.infer<typeof Result>;

/** Runs the pod and removes it, whatever happens. @throws when it tells nothing */
async function runProbe(
  pod: ReturnType<typeof probePod>,
  namespace: string,
  { kubectl, signal }: { readonly kubectl: Kubectl; readonly signal: AbortSignal },
): Promise<Result> {
  const { name } = pod.metadata;
  try {
    await kubectl(["create", "--namespace", namespace, "--filename=-"], JSON.stringify(pod));
    const end = performance.now() + LIMIT_SECONDS * 1000;
    for (;;) {
      const { status } = PodStatus.parse(await getJson(kubectl, ["pod", name, "--namespace", namespace]));
      const state = status.containerStatuses[0]?.state;
      if (status.phase === "Succeeded") return Result.parse(JSON.parse(state?.terminated?.message ?? "null"));
      const why = [state?.terminated, state?.waiting, ...status.conditions, status]
        .map((told) => told?.message)
        .find((message) => message !== undefined);
      if (status.phase === "Failed" || performance.now() > end)
        throw new Error(`The pod that was to try them did not run (${status.phase}): ${why ?? "no reason is told"}`);
      await delay(LOOK_MS, undefined, { signal });
    }
  } finally {
    await kubectl(["delete", "pod", name, "--namespace", namespace, "--ignore-not-found", "--wait=false"]);
  }
}

export function judgePolicies({ allowed, forbidden }: Result, targets: Targets): Verdict {
  const place = ({ host, port }: Target) => `${host}:${port}`;
  const reached = targets.forbidden.filter((_, index) => forbidden[index] === "open").map(place);
  if (reached.length > 0)
    return failed(
      `Network policies are NOT ENFORCED: a session reaches ${reached.join(" and ")}. Sessions run code that nobody has read: give the cluster a network that enforces policies, such as Cilium or Calico.`,
    );
  if (allowed !== "open")
    return failed(`A session does not reach ${place(targets.allowed)} (${allowed}), where it reports to the router.`);
  return ok("A session reaches the router's internal listener, and neither the sign-in nor the router's public one.");
}
