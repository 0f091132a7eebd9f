import { labelsOf } from "../../../src/deploy/objects/labels.ts";
import type { Settings } from "../../../src/deploy/settings/settings.ts";
import type { Captured } from "../captured.ts";
import type { MockedStack } from "../mock-stack.ts";
import { broken, isObject, nameOf, ofKind, type ClusterObject, type Labels } from "./objects.ts";

const OF_THE_CLUSTER = ["Namespace", "CustomResourceDefinition"];
/** What pods may not do in our namespaces, by https://kubernetes.io/docs/concepts/security/pod-security-admission/. */
const RESTRICTED: Labels = Object.fromEntries(
  ["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]),
);
const NAME = "app.kubernetes.io/name";
const PART: Labels = { "app.kubernetes.io/part-of": "opencode-router" };
const PRECIOUS = ["PersistentVolumeClaim", "CustomResourceDefinition"];

/** Objects that are elsewhere than they belong, without labels or twice, and what a mistake would destroy. */
export function placementProblems(
  { resources }: Pick<MockedStack, "resources">,
  { name, namespaces }: Pick<Settings, "name" | "namespaces">,
): string[] {
  // A patch is of an object that somebody else made.
  const captured = resources.filter((one) => isObject(one) && !one.type.endsWith("Patch"));
  const objects = captured.map(({ inputs }) => inputs as unknown as ClusterObject);
  const ids = objects.map((object) => `${object.apiVersion.split("/")[0]} ${nameOf(object)}`);
  const ours = Object.values(namespaces);
  const there = ofKind(objects, "Namespace").map(({ metadata }) => metadata.name);
  return [
    ...objects.flatMap((object) => broken(nameOf(object), ofObject(object, { prefix: name, ours }))),
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id}: is there twice`),
    ...ours.filter((namespace) => !there.includes(namespace)).map((namespace) => `Namespace ${namespace}: is not made`),
    ...ofKind(objects, "Namespace").flatMap((object) => broken(nameOf(object), ofNamespace(object))),
    ...captured.flatMap((one) =>
      broken(nameOf(one.inputs as unknown as ClusterObject), kept(one, namespaces.sessions)),
    ),
    ...tooEarly(captured),
    ...resources
      .filter((one) => one.parent === "")
      .slice(1)
      .map((one) => `${one.type} ${one.name}: has no parent`),
  ];
}

const ofObject = (
  { kind, metadata: { name, namespace, labels = {} } }: ClusterObject,
  { prefix, ours }: { readonly prefix: string; readonly ours: readonly string[] },
): Record<string, unknown> => ({
  "has no name of its own": !/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name ?? ""),
  "is in no namespace of ours": namespace === undefined ? !OF_THE_CLUSTER.includes(kind) : !ours.includes(namespace),
  "does not say by its labels whose it is": !Object.entries(
    // One for all stacks of a cluster.
    kind === "CustomResourceDefinition" ? PART : { ...PART, ...labelsOf(prefix, labels[NAME] ?? "-") },
  ).every(([label, value]) => labels[label] === value),
});

const ofNamespace = ({ metadata: { labels = {} } }: ClusterObject): Record<string, unknown> => ({
  "admits pods that are not restricted": !Object.entries(RESTRICTED).every(([label, value]) => labels[label] === value),
  "takes the profile of whatever version the cluster has": Object.keys(RESTRICTED).some(
    (label) => !/^v1\.\d+$/.test(labels[`${label}-version`] ?? ""),
  ),
});

const WORKLOADS = ["Deployment", "StatefulSet", "DaemonSet"];

/** Pods that start while nothing keeps them from connecting to whom they like. */
function tooEarly(captured: readonly Captured[]): string[] {
  const kindOf = ({ inputs }: Captured): string => String(inputs["kind"]);
  const guarded = Math.max(...captured.filter((one) => kindOf(one) === "NetworkPolicy").map(({ there }) => there));
  return captured
    .filter((one) => WORKLOADS.includes(kindOf(one)) && one.asked < guarded)
    .map(({ inputs }) => `${nameOf(inputs as unknown as ClusterObject)}: does not wait for the network policies`);
}

/** Whether Pulumi leaves alone what cannot be made again. */
function kept({ inputs, options, custom }: Captured, sessions: string): Record<string, unknown> {
  const { kind, metadata } = inputs as unknown as ClusterObject;
  const isSessions = kind === "Namespace" && metadata.name === sessions;
  return {
    "is made in whatever cluster is the current one": custom && options.provider === "",
    "would be removed by a mistake": (isSessions || PRECIOUS.includes(kind)) && !options.protect,
    "would take people's work with it": isSessions && !options.retainOnDelete,
    "would leave sessions that outlive the stack open to each other":
      kind === "NetworkPolicy" &&
      metadata.namespace === sessions &&
      metadata.name === "default-deny" &&
      !(options.protect && options.retainOnDelete),
  };
}
