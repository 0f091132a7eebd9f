import type { V1Container, V1KeyToPath, V1Volume } from "@kubernetes/client-node";
import { broken, type ClusterObject, containersOf, contentOf, type PodTemplate } from "./objects.ts";

/** Objects that are there without the stack, as `Secret opencode-edge/wildcard-tls`, with their keys. */
export type Foreign = Readonly<Record<string, readonly string[]>>;

interface Reference {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string | undefined;
  readonly optional?: boolean | undefined;
  readonly keys: readonly string[];
}

/** What pods mount or read that is not there, or not under that key; and volumes that nobody mounts. */
export const referenceProblems = (
  objects: readonly ClusterObject[],
  templates: readonly PodTemplate[],
  foreign: Foreign = {},
): string[] =>
  templates.flatMap((template) => [
    ...mountProblems(template),
    ...readings(template).flatMap((reading) => missing(reading, { objects, foreign, template })),
    ...named(template).flatMap(([kind, name]) =>
      find(objects, { kind, namespace: template.namespace, name })
        ? []
        : [`${template.where}: there is no ${kind} ${name}`],
    ),
  ]);

function mountProblems(template: PodTemplate): string[] {
  const volumes = (template.spec.volumes ?? []).map(({ name }) => name);
  const mounts = containersOf(template).flatMap(({ container, where }) =>
    (container.volumeMounts ?? []).map((mount) => ({ ...mount, where })),
  );
  const twice = containersOf(template).filter(({ container }) => {
    const paths = (container.volumeMounts ?? []).map(({ mountPath }) => mountPath);
    return new Set(paths).size !== paths.length;
  });
  return [
    ...mounts
      .filter(({ name }) => !volumes.includes(name))
      .map(({ name, where }) => `${where}: mounts ${name}, which is no volume`),
    ...volumes
      .filter((volume) => !mounts.some(({ name }) => name === volume))
      .map((volume) => `${template.where}: nobody mounts the volume ${volume}`),
    ...twice.map(({ where }) => `${where}: mounts two volumes at one path`),
    ...broken(template.where, { "has two volumes of one name": new Set(volumes).size !== volumes.length }),
  ];
}

const paths = (items: readonly V1KeyToPath[] | undefined): string[] => (items ?? []).map(({ key }) => key);

const ofVolume = ({ configMap, secret, projected }: V1Volume): Reference[] => [
  ...(configMap
    ? [{ ...configMap, kind: "ConfigMap" as const, name: configMap.name, keys: paths(configMap.items) }]
    : []),
  ...(secret
    ? [{ kind: "Secret" as const, name: secret.secretName, optional: secret.optional, keys: paths(secret.items) }]
    : []),
  ...(projected?.sources ?? []).flatMap((source) => [
    ...(source.configMap
      ? [{ kind: "ConfigMap" as const, name: source.configMap.name, keys: paths(source.configMap.items) }]
      : []),
    ...(source.secret ? [{ kind: "Secret" as const, name: source.secret.name, keys: paths(source.secret.items) }] : []),
  ]),
];

const ofEnvironment = ({ env = [], envFrom = [] }: V1Container): Reference[] => [
  ...env.flatMap(({ valueFrom }): Reference[] => [
    ...(valueFrom?.secretKeyRef ? [{ kind: "Secret" as const, ...keyed(valueFrom.secretKeyRef) }] : []),
    ...(valueFrom?.configMapKeyRef ? [{ kind: "ConfigMap" as const, ...keyed(valueFrom.configMapKeyRef) }] : []),
  ]),
  ...envFrom.flatMap(({ secretRef, configMapRef }): Reference[] => [
    ...(secretRef ? [{ ...secretRef, kind: "Secret" as const, name: secretRef.name, keys: [] }] : []),
    ...(configMapRef ? [{ ...configMapRef, kind: "ConfigMap" as const, name: configMapRef.name, keys: [] }] : []),
  ]),
];

const keyed = ({ name, key, optional }: { name?: string; key: string; optional?: boolean }) => ({
  name,
  optional,
  keys: [key],
});

const readings = (template: PodTemplate): Reference[] => [
  ...(template.spec.volumes ?? []).flatMap(ofVolume),
  ...containersOf(template).flatMap(({ container }) => ofEnvironment(container)),
];

/** What the pod names besides. */
const named = ({ spec }: PodTemplate): [kind: string, name: string][] => [
  ["ServiceAccount", spec.serviceAccountName ?? "default"],
  ...(spec.imagePullSecrets ?? []).map(({ name }): [string, string] => ["Secret", name ?? ""]),
  ...(spec.volumes ?? []).flatMap(({ persistentVolumeClaim }): [string, string][] =>
    persistentVolumeClaim ? [["PersistentVolumeClaim", persistentVolumeClaim.claimName]] : [],
  ),
];

interface Place {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

const find = (objects: readonly ClusterObject[], { kind, namespace, name }: Place): ClusterObject | undefined =>
  objects.find(
    (object) => object.kind === kind && object.metadata.namespace === namespace && object.metadata.name === name,
  );

interface Surroundings {
  readonly objects: readonly ClusterObject[];
  readonly foreign: Foreign;
  readonly template: PodTemplate;
}

function missing(
  { kind, name = "", optional, keys }: Reference,
  { objects, foreign, template }: Surroundings,
): string[] {
  if (optional) return [];
  const object = find(objects, { kind, namespace: template.namespace, name });
  const there = object ? Object.keys(contentOf(object)) : foreign[`${kind} ${template.namespace}/${name}`];
  if (!there) return [`${template.where}: there is no ${kind} ${name}`];
  return keys.filter((key) => !there.includes(key)).map((key) => `${template.where}: ${kind} ${name} has no ${key}`);
}
