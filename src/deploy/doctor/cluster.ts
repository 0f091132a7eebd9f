import { z } from "zod";
import type { KeyName } from "../settings/keys.ts";
import { setCommand } from "../settings/keys.ts";
import { failed, ok, warning, type Check, type Verdict } from "./check.ts";
import { getJson, type Kubectl } from "./kubectl.ts";
import type { ClusterFacts } from "./platform.ts";

/** What the deployment asks of a cluster's API: native sidecars, `sleep` as a hook. */
const OLDEST = { major: 1, minor: 31 };

/** Whether the cluster is one that the platform can run on. */
export const versionChecks = (kubectl: Kubectl): Check[] => [
  {
    title: "the cluster answers, and is new enough",
    run: async () => judgeVersion(JSON.parse(await kubectl(["version", "--output=json"]))),
  },
];

/** Whether sessions and the database get volumes. */
export const storageChecks = (cluster: ClusterFacts, kubectl: Kubectl): Check[] =>
  cluster.storageClasses.map(({ key, name }) => ({
    title: `${key}: there is such a storage class`,
    run: async () => judgeStorageClass(await getJson(kubectl, ["storageclasses"]), key, name),
  }));

/** Whether what was deployed is there. */
export const workloadChecks = ({ namespaces }: ClusterFacts, kubectl: Kubectl): Check[] => [
  {
    title: "the namespaces admit restricted pods only",
    run: async () => {
      const names = Object.values(namespaces);
      return judgeNamespaces(await getJson(kubectl, ["namespaces", "--ignore-not-found", ...names]), names);
    },
  },
  ...[namespaces.edge, namespaces.system].map((namespace) => ({
    title: `everything runs in ${namespace}`,
    run: async () => judgeWorkloads(await workloadsOf(kubectl, namespace), namespace),
  })),
];

export const workloadsOf = (kubectl: Kubectl, namespace: string): Promise<unknown> =>
  getJson(kubectl, ["deployments,statefulsets", "--namespace", namespace]);

const Version = z.object({ serverVersion: z.object({ gitVersion: z.string() }) });

export function judgeVersion(version: unknown): Verdict {
  const { gitVersion } = Version.parse(version).serverVersion;
  const [, major = 0, minor = 0] = (/^v?(\d+)\.(\d+)/.exec(gitVersion) ?? []).map(Number);
  const isNew = major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
  if (isNew) return ok(`Kubernetes ${gitVersion}.`);
  return failed(`Kubernetes ${gitVersion} is too old: the platform needs ${OLDEST.major}.${OLDEST.minor} or newer.`);
}

const StorageClasses = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
      volumeBindingMode: z.string().default("Immediate"),
    }),
  ),
});

/** @param name undefined: the default one */
export function judgeStorageClass(list: unknown, key: KeyName, name: string | undefined): Verdict {
  const { items } = StorageClasses.parse(list);
  const isDefault = (annotations: Readonly<Record<string, string>>) =>
    annotations["storageclass.kubernetes.io/is-default-class"] === "true";
  const found = items.find(({ metadata }) =>
    name === undefined ? isDefault(metadata.annotations) : metadata.name === name,
  );
  if (found === undefined) {
    const names = items.map(({ metadata }) => metadata.name).join(", ") || "none";
    const what = name === undefined ? "The cluster has no default storage class" : `There is no storage class ${name}`;
    return failed(`${what}; it has: ${names}. Choose one with \`${setCommand(key)}\`.`);
  }
  if (found.volumeBindingMode !== "WaitForFirstConsumer")
    return warning(
      `${found.metadata.name} makes a volume before it knows the pod's node (${found.volumeBindingMode}): where nodes are in several zones, choose one with WaitForFirstConsumer.`,
    );
  return ok(`${found.metadata.name} makes a volume where its pod runs.`);
}

const Namespaces = z.object({
  items: z.array(
    z.object({ metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }) }),
  ),
});

export function judgeNamespaces(list: unknown, names: readonly string[]): Verdict {
  const { items } = Namespaces.parse(list);
  const missing = names.filter((name) => !items.some(({ metadata }) => metadata.name === name));
  if (missing.length > 0) return failed(`Namespaces are missing: ${missing.join(", ")}. \`make up\` makes them.`);
  const loose = items.filter(({ metadata }) => metadata.labels["pod-security.kubernetes.io/enforce"] !== "restricted");
  if (loose.length > 0) {
    const which = loose.map(({ metadata }) => metadata.name).join(", ");
    return failed(`${which} must enforce the restricted Pod Security: \`pulumi refresh\`, then \`make up\`.`);
  }
  return ok(names.join(", "));
}

const EnvValue = z.object({ name: z.string(), value: z.string().optional() });
export const Workloads = z.object({
  items: z.array(
    z.object({
      kind: z.string(),
      metadata: z.object({ name: z.string() }),
      spec: z.object({
        replicas: z.number().default(1),
        template: z.object({
          spec: z.object({ containers: z.array(z.object({ env: z.array(EnvValue).default([]) })) }),
        }),
      }),
      status: z.object({ readyReplicas: z.number().default(0) }).default({ readyReplicas: 0 }),
    }),
  ),
});

export function judgeWorkloads(list: unknown, namespace: string): Verdict {
  const { items } = Workloads.parse(list);
  if (items.length === 0) return failed(`Nothing is deployed in ${namespace}: \`make up\`.`);
  const counted = items.map(
    ({ metadata, spec, status }) => `${metadata.name} ${status.readyReplicas} of ${spec.replicas}`,
  );
  const waiting = items.filter(({ spec, status }) => status.readyReplicas < spec.replicas);
  if (waiting.length === 0) return ok(`${counted.join(", ")} ready.`);
  const which = waiting.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`).join(" ");
  return failed(
    `Not all pods are ready: ${counted.join(", ")}. See: kubectl --namespace ${namespace} describe ${which}`,
  );
}
