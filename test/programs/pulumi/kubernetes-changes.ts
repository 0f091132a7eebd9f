/** When Pulumi's plugin for Kubernetes takes an object for changed, and when it makes a new one of it. */
import type { Diff, Properties } from "./provider.ts";

/** Beside name and namespace; of the kinds that a stack of ours can have, in the words of that plugin. */
const NEW_OBJECT: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ["binaryData", "data"],
  DaemonSet: ["spec.selector"],
  Deployment: ["spec.selector"],
  Job: ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
  PersistentVolumeClaim: ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
  ResourceQuota: ["spec.scopes"],
  RoleBinding: ["roleRef"],
  ClusterRoleBinding: ["roleRef"],
  Secret: ["type", "stringData", "data"],
  Service: ["spec.clusterIP"],
  StatefulSet: [
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
  ],
};

export interface Mutable {
  /** `enableConfigMapMutable` */
  readonly ConfigMap: boolean;
  /** `enableSecretMutable` */
  readonly Secret: boolean;
}

const CONTENT = new Set(["binaryData", "stringData", "data"]);

function newObjectPaths(kind: string, inputs: Properties, mutable: Mutable): readonly string[] {
  const paths = ["metadata.name", "metadata.namespace", ...(NEW_OBJECT[kind] ?? [])];
  const stays = mutable[kind as keyof Mutable] && inputs["immutable"] !== true;
  return stays ? paths.filter((path) => !CONTENT.has(path)) : paths;
}

/**
 * What differs between the object as the cluster had it last, cut to what the program had said of it, and what the program says
 * now: a value that the cluster writes in another way is a change at each `pulumi up`.
 */
export function diffOf(
  before: { readonly inputs: Properties; readonly outputs: Properties },
  given: Properties,
  { patch, mutable }: { readonly patch: boolean; readonly mutable: Mutable },
): Diff {
  const inputs = withData(given);
  const old = cut(before.outputs, withData(before.inputs)) as Properties;
  const changed = differences(old, inputs, "");
  const identity = patch ? ["metadata.name", "metadata.namespace"] : undefined;
  const fixed = identity ?? newObjectPaths(String(inputs["kind"]), inputs, mutable);
  const replaces = changed.filter((path) => fixed.some((one) => path === one || path.startsWith(`${one}.`)));
  // Two objects of one name cannot be there at once.
  const sameName = !replaces.some((path) => path === "metadata.name" || path === "metadata.namespace");
  return { changed, replaces, deleteBeforeReplace: replaces.length > 0 && sameName };
}

/** The cluster keeps the texts of a Secret in base64, beside its data. */
function withData(object: Properties): Properties {
  if (object["kind"] !== "Secret" || object["stringData"] === undefined) return object;
  const { stringData, data = {}, ...rest } = object;
  const encoded = Object.entries(stringData as Record<string, string>).map(([key, text]) => [
    key,
    Buffer.from(text).toString("base64"),
  ]);
  return { ...rest, data: { ...(data as object), ...Object.fromEntries(encoded) } };
}

const isMap = (value: unknown): value is Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What of a value was asked for. */
function cut(live: unknown, asked: unknown): unknown {
  if (Array.isArray(live) && Array.isArray(asked) && live.length === asked.length)
    return live.map((one, index) => cut(one, asked[index]));
  if (!isMap(live) || !isMap(asked)) return live;
  return Object.fromEntries(
    Object.keys(asked).flatMap((key) => (key in live ? [[key, cut(live[key], asked[key])]] : [])),
  );
}

function differences(old: unknown, now: unknown, path: string): string[] {
  if (same(old, now)) return [];
  if (!isMap(old) || !isMap(now)) return [path];
  const keys = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...keys].flatMap((key) => differences(old[key], now[key], path === "" ? key : `${path}.${key}`));
}

function same(a: unknown, b: unknown): boolean {
  if (isEmpty(a) && isEmpty(b)) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, index) => same(one, b[index]));
  if (isMap(a) && isMap(b))
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => same(a[key], b[key]));
  return a === b || (quantity(a) !== undefined && quantity(a) === quantity(b));
}

/** Kubernetes' types leave out what is empty. */
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  value === 0 ||
  (typeof value === "object" && Object.values(value).every(isEmpty) && !Array.isArray(value)) ||
  (Array.isArray(value) && value.length === 0);

const SUFFIXES: Readonly<Record<string, number>> = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** The plugin knows the types of Kubernetes' own kinds, and so that 1000m is 1. */
function quantity(value: unknown): number | undefined {
  const [, number, suffix = ""] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(String(value)) ?? [];
  const factor = SUFFIXES[suffix];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}
