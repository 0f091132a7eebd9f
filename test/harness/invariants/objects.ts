import type {
  V1ConfigMap,
  V1Container,
  V1DaemonSet,
  V1Deployment,
  V1LabelSelector,
  V1Namespace,
  V1PersistentVolumeClaim,
  V1PodDisruptionBudget,
  V1PodSpec,
  V1Role,
  V1RoleBinding,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
  V2HorizontalPodAutoscaler,
} from "@kubernetes/client-node";
import type { Captured } from "../captured.ts";
import type { MockedStack } from "../mock-stack.ts";
import type { NetworkPolicy } from "../policy-semantics.ts";

export type Labels = Readonly<Record<string, string>>;

/** An object as the cluster gets it. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Labels;
    readonly annotations?: Labels;
  };
}

interface CustomObject {
  readonly spec: Readonly<Record<string, unknown>>;
}

interface Kinds {
  ConfigMap: V1ConfigMap;
  DaemonSet: V1DaemonSet;
  Deployment: V1Deployment;
  HorizontalPodAutoscaler: V2HorizontalPodAutoscaler;
  IngressRoute: CustomObject;
  Middleware: CustomObject;
  Namespace: V1Namespace;
  NetworkPolicy: Pick<NetworkPolicy, "spec">;
  PersistentVolumeClaim: V1PersistentVolumeClaim;
  PodDisruptionBudget: V1PodDisruptionBudget;
  Role: V1Role;
  RoleBinding: V1RoleBinding;
  Secret: V1Secret;
  Service: V1Service;
  ServiceAccount: V1ServiceAccount;
  ServiceMonitor: CustomObject;
  StatefulSet: V1StatefulSet;
}

const PROVIDER = "pulumi:providers:kubernetes";

export const isObject = ({ type }: Captured): boolean => type.startsWith("kubernetes:") && type !== PROVIDER;

/** Everything that the stack puts into the cluster. */
export const objectsOf = ({ resources }: Pick<MockedStack, "resources">): ClusterObject[] =>
  resources.filter(isObject).map(({ inputs }) => inputs as unknown as ClusterObject);

export const ofKind = <K extends keyof Kinds>(objects: readonly ClusterObject[], kind: K) =>
  objects.filter((object) => object.kind === kind) as unknown as (Omit<Kinds[K], keyof ClusterObject> &
    ClusterObject)[];

export const nameOf = ({ kind, metadata: { name, namespace } }: ClusterObject): string =>
  `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;

/** What pods are made of. */
export interface PodTemplate {
  /** As `Deployment opencode-system/router`. */
  readonly where: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly spec: V1PodSpec;
  readonly workload: {
    readonly kind: string;
    /** Undefined: somebody else decides, or one a node. */
    readonly replicas: number | undefined;
    readonly selector: V1LabelSelector | undefined;
  };
}

const WORKLOADS = ["Deployment", "StatefulSet", "DaemonSet"] as const;
/** Kinds that would run pods which nobody here looks at. */
const UNKNOWN_WORKLOADS = ["Pod", "ReplicaSet", "Job", "CronJob", "ReplicationController"];

export const templatesOf = (objects: readonly ClusterObject[]): PodTemplate[] => {
  const unknown = objects.find(({ kind }) => UNKNOWN_WORKLOADS.includes(kind));
  if (unknown) throw new Error(`${nameOf(unknown)}: nothing here checks the pods of such an object`);
  return WORKLOADS.flatMap((kind) => ofKind(objects, kind)).map((object): PodTemplate => {
    const { template, selector } = object.spec ?? {};
    if (!template?.spec) throw new Error(`${nameOf(object)} has no pod template`);
    const replicas = object.kind === "DaemonSet" ? undefined : (object.spec as { replicas?: number }).replicas;
    return {
      where: nameOf(object),
      namespace: object.metadata.namespace ?? "",
      labels: template.metadata?.labels ?? {},
      annotations: template.metadata?.annotations ?? {},
      spec: template.spec,
      workload: { kind: object.kind, replicas, selector },
    };
  });
};

export interface Placed {
  readonly container: V1Container;
  /** As `Deployment opencode-system/router, container router`. */
  readonly where: string;
  readonly isInit: boolean;
}

export const containersOf = ({ where, spec }: Pick<PodTemplate, "where" | "spec">): Placed[] => [
  ...(spec.initContainers ?? []).map((container) => ({
    container,
    where: `${where}, init container ${container.name}`,
    isInit: true,
  })),
  ...spec.containers.map((container) => ({ container, where: `${where}, container ${container.name}`, isInit: false })),
];

/** Whether a selector fits. One without labels fits everything, and is never meant here. */
export const selects = (selector: Labels | undefined, labels: Labels): boolean =>
  Object.entries(selector ?? {}).every(([name, value]) => labels[name] === value);

/** The sentences of those that are true. */
export const broken = (where: string, rules: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(rules).flatMap(([sentence, isBroken]) => (isBroken ? [`${where}: ${sentence}`] : []));

/** Texts of a Secret or ConfigMap by their keys, as a pod would see them. */
export function contentOf(object: ClusterObject): Readonly<Record<string, string>> {
  const { data = {}, stringData = {} } = object as ClusterObject & { data?: Labels; stringData?: Labels };
  if (object.kind !== "Secret") return data;
  const decoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]);
  return { ...Object.fromEntries(decoded), ...stringData };
}
