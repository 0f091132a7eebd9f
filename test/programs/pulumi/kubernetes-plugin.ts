/**
 * A stand-in for Pulumi's plugin for Kubernetes: real objects in a real cluster by server-side apply, validated and admitted there
 * in previews, too. It waits for definitions of resources and for what it deletes, and for nothing else: whether pods become
 * ready is for the cluster to say, and a cluster of these tests has no nodes.
 */
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ApiError, KubernetesApi, type KubernetesObject } from "./kubernetes-api.ts";
import { diffOf, type Mutable } from "./kubernetes-changes.ts";
import { hasUnknowns, serveProvider, type Properties } from "./provider.ts";

const WAIT_MS = 60_000;
const SOON_MS = 10_000;
const PERIOD_MS = 50;
const FIELD_MANAGER = "__fieldManager";

let api: KubernetesApi | undefined;
let mutable: Mutable = { ConfigMap: false, Secret: false };
let upsert = false;

function cluster(): KubernetesApi {
  if (api === undefined) throw new Error("the plugin for Kubernetes has got no kubeconfig");
  return api;
}

const isPatch = (type: string): boolean => type.endsWith("Patch");

/** Each resource of a stack is its own manager of fields, so that two of one stack cannot have the same field. */
const managerOf = (urn: string): string =>
  `pulumi-kubernetes-${createHash("sha256").update(urn).digest("hex").slice(0, 8)}`;

const objectOf = (properties: Properties): KubernetesObject => properties as unknown as KubernetesObject;

const idOf = ({ metadata: { name, namespace } }: KubernetesObject): string =>
  namespace === undefined ? name : `${namespace}/${name}`;

function apply(urn: string, inputs: Properties, preview: boolean): Promise<KubernetesObject> {
  const object = objectOf(inputs);
  const annotations = (object.metadata["annotations"] ?? {}) as Record<string, string>;
  const query = {
    fieldManager: managerOf(urn),
    force: String(annotations["pulumi.com/patchForce"] === "true"),
    fieldValidation: "Strict",
    ...(preview ? { dryRun: "All" } : {}),
  };
  return cluster().on(object, { method: "PATCH", query, body: object });
}

function outputsOf(urn: string, { metadata, ...rest }: KubernetesObject): Properties {
  const { managedFields: _, ...shown } = metadata;
  return { ...rest, metadata: shown, [FIELD_MANAGER]: managerOf(urn) };
}

/** In an empty cluster a preview cannot ask about what is in a namespace, or is of a kind, that it would make. */
async function canAsk(object: KubernetesObject): Promise<boolean> {
  const resource = await cluster().resource(object.apiVersion, object.kind);
  if (resource === undefined) return false;
  if (!resource.namespaced) return true;
  const name = object.metadata.namespace ?? "default";
  return (await cluster().find({ apiVersion: "v1", kind: "Namespace", metadata: { name } })) !== undefined;
}

async function create(urn: string, type: string, inputs: Properties): Promise<KubernetesObject> {
  const object = objectOf(inputs);
  const there = isPatch(type) ? await soon(object) : await cluster().find(object);
  if (isPatch(type) && there === undefined) throw new Error(`${idOf(object)}: there is nothing to patch`);
  if (!isPatch(type) && there !== undefined && !upsert)
    throw new Error(`resource ${idOf(object)} was not successfully created: it already exists`);
  const made = await apply(urn, inputs, false);
  return object.kind === "CustomResourceDefinition" ? established(made) : made;
}

/** A namespace has its account a moment after it was made. */
async function soon(object: KubernetesObject): Promise<KubernetesObject | undefined> {
  for (const until = Date.now() + SOON_MS; Date.now() < until; await delay(PERIOD_MS)) {
    const there = await cluster().find(object);
    if (there !== undefined) return there;
  }
  return undefined;
}

async function established(definition: KubernetesObject): Promise<KubernetesObject> {
  for (const until = Date.now() + WAIT_MS; Date.now() < until; await delay(PERIOD_MS)) {
    const live = await cluster().find(definition);
    // Null, not nothing, in the first moment of a definition.
    const { conditions } = (live?.["status"] ?? {}) as { conditions?: { type: string; status: string }[] | null };
    if (live !== undefined && conditions?.some(({ type, status }) => type === "Established" && status === "True"))
      return live;
  }
  throw new Error(`${definition.metadata.name} is not established`);
}

async function remove(urn: string, type: string, object: KubernetesObject): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace } = metadata;
  const same: KubernetesObject = {
    apiVersion,
    kind,
    metadata: namespace === undefined ? { name } : { name, namespace },
  };
  if (isPatch(type)) {
    // To claim nothing gives back what was claimed.
    if ((await cluster().find(same)) !== undefined) await apply(urn, { ...same }, false);
    return;
  }
  try {
    await cluster().on(same, { method: "DELETE", query: { propagationPolicy: "Foreground" } });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return;
    throw error;
  }
  for (const until = Date.now() + WAIT_MS; Date.now() < until; await delay(PERIOD_MS))
    if ((await cluster().find(same)) === undefined) return;
  throw new Error(`${kind} ${idOf(object)} has not gone`);
}

function problemsOf(type: string, inputs: Properties): string[] {
  const { apiVersion, kind, metadata } = inputs as Partial<KubernetesObject>;
  return [
    ...(apiVersion === undefined || kind === undefined ? [`${type} has no apiVersion or kind`] : []),
    // Pulumi would invent one, and another after each replacement.
    ...(metadata?.name === undefined ? ["metadata.name: is missing"] : []),
  ];
}

serveProvider({
  version: "4.32.0",
  configure: (args) => {
    const flag = (name: string) => args[name] === true || args[name] === "true";
    mutable = { ConfigMap: flag("enableConfigMapMutable"), Secret: flag("enableSecretMutable") };
    upsert = flag("upsertExistingObjects");
    const kubeconfig = args["kubeconfig"] ?? process.env["KUBECONFIG"];
    if (typeof kubeconfig !== "string" || hasUnknowns(args)) return;
    api = new KubernetesApi(kubeconfig, args["context"] as string | undefined);
  },
  check: ({ type }, inputs) => problemsOf(type, inputs),
  diff: ({ type }, before, inputs) => diffOf(before, inputs, { patch: isPatch(type), mutable }),
  create: async ({ urn, type }, inputs, preview) => {
    const object = objectOf(inputs);
    if (!preview) return { id: idOf(object), outputs: outputsOf(urn, await create(urn, type, inputs)) };
    if (hasUnknowns(inputs) || isPatch(type) || !(await canAsk(object))) return { id: "", outputs: inputs };
    const { status: _, ...outputs } = outputsOf(urn, await apply(urn, inputs, true));
    return { id: "", outputs };
  },
  read: async ({ urn }, _id, outputs) => {
    const live = await cluster().find(objectOf(outputs));
    return live === undefined ? undefined : outputsOf(urn, live);
  },
  update: async ({ urn }, inputs, preview) =>
    preview && hasUnknowns(inputs) ? inputs : outputsOf(urn, await apply(urn, inputs, preview)),
  remove: ({ urn, type }, outputs) => remove(urn, type, objectOf(outputs)),
});
