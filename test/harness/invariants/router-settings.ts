import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { V1PodSpec } from "@kubernetes/client-node";
import type { Settings } from "../../../src/deploy/settings/settings.ts";
import { loadConfig, type Config } from "../../../src/router/config.ts";
import { SETTINGS } from "../../../src/router/settings.ts";
import { serviceOf } from "./edge-routes.ts";
import { broken, contentOf, ofKind, type ClusterObject, type PodTemplate } from "./objects.ts";
import { edgeSecretsOf } from "./routes.ts";

/** What the router's pod is told that the router does not know, or would not start with, or that the edge says otherwise. */
export function routerProblems(
  objects: readonly ClusterObject[],
  templates: readonly PodTemplate[],
  settings: Pick<Settings, "hosts" | "auth" | "namespaces">,
): string[] {
  const template = templates.find(({ spec }) => spec.containers.some(({ name }) => name === "router"));
  const container = template?.spec.containers.find(({ name }) => name === "router");
  if (!template || !container) return ["the stack: has no container router"];
  const environment = Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value]));
  return [
    ...Object.entries(environment).flatMap(([name, value]) => nameProblems(name, value)),
    ...(container.envFrom ?? []).map(() => `${template.where}: has variables whose names nobody checks`),
    ...inPlace(template, objects, (files) => {
      const loaded = loadConfig(Object.fromEntries(variables(environment, files)));
      if (!loaded.ok) return loaded.problems.map((problem) => `the router would not start: ${problem}`);
      return [
        ...broken("the router", agreements(loaded.config, objects, settings)),
        ...clusterProblems(loaded.config, objects, settings.namespaces),
      ];
    }),
  ];
}

const FILE = /_FILE$/;
type SettingName = keyof typeof SETTINGS;
const isSecret = (name: string): boolean => Object.hasOwn(SETTINGS, name) && "secret" in SETTINGS[name as SettingName];

function nameProblems(name: string, value: string | undefined): string[] {
  const secret = name.replace(FILE, "");
  if (FILE.test(name) && isSecret(secret)) return [];
  if (!Object.hasOwn(SETTINGS, name)) return [`the router: ${name} is none of its settings`];
  if (isSecret(name)) return [`the router: ${name} is a secret, and belongs into a file: ${name}_FILE`];
  return value === undefined ? [`the router: ${name} is no plain value`] : [];
}

/** Paths of the container, and where the same is on this machine. */
type Files = ReadonlyMap<string, string>;

/** Calls `use` with everything that the pod mounts, in a folder of its own. */
function inPlace<T>(template: PodTemplate, objects: readonly ClusterObject[], use: (files: Files) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "mounted-"));
  try {
    const files = new Map<string, string>();
    for (const [path, text] of mountedFiles(template, objects)) {
      files.set(path, join(folder, path));
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return use(files);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const mountedFiles = ({ spec, namespace }: PodTemplate, objects: readonly ClusterObject[]): [string, string][] =>
  mounts(spec).flatMap(({ mountPath, kind, name }) => {
    const object = objects.find(
      (one) => one.kind === kind && one.metadata.namespace === namespace && one.metadata.name === name,
    );
    return Object.entries(object ? contentOf(object) : {}).map(([key, text]): [string, string] => [
      `${mountPath}/${key}`,
      text,
    ]);
  });

const mounts = ({ volumes = [], containers }: V1PodSpec) =>
  containers.flatMap(({ volumeMounts = [] }) =>
    volumeMounts.map(({ mountPath, name }) => {
      const volume = volumes.find((one) => one.name === name);
      return {
        mountPath,
        kind: volume?.secret ? "Secret" : "ConfigMap",
        name: volume?.secret?.secretName ?? volume?.configMap?.name,
      };
    }),
  );

/** As the kubelet gives them to the program: it puts one `$` in the place of two. */
const variables = (environment: Readonly<Record<string, string | undefined>>, files: Files): [string, string][] =>
  Object.entries(environment).map(([name, value = ""]) => [name, files.get(value) ?? value.replaceAll("$$", "$")]);

function agreements(
  config: Config,
  objects: readonly ClusterObject[],
  { hosts, auth }: Pick<Settings, "hosts" | "auth">,
): Record<string, unknown> {
  const known = config.auth.mode === "proxy" ? config.auth.edgeSecrets.map((secret) => secret.reveal()) : [];
  const { mainHost, sessionDomain, routeSuffix, attachPrefix } = config.grammar;
  const wanted = [hosts.mainHost, hosts.sessionDomain, hosts.routeSuffix, hosts.attachPrefix];
  return {
    "believes in people without an edge": config.auth.mode !== "proxy",
    "does not know the secret that the edge says": edgeSecretsOf(objects).some((secret) => !known.includes(secret)),
    "has other hosts than the edge": [mainHost, sessionDomain, routeSuffix, attachPrefix].join() !== wanted.join(),
    "passes the sign-in's cookie on to sessions": config.ssoCookieName !== auth.cookieName,
    "makes a secret of its own, which the next router would not know":
      !config.secrets.sessionId || !config.secrets.token || !config.secrets.admin,
    "runs sessions beside itself": !config.cluster,
  };
}

/** What the router names in pods of sessions. */
function clusterProblems(
  { cluster }: Config,
  objects: readonly ClusterObject[],
  { sessions }: Settings["namespaces"],
): string[] {
  if (!cluster) return [];
  const has = (kind: string, namespace: string, name: string | undefined) =>
    name === undefined ||
    objects.some((one) => one.kind === kind && one.metadata.namespace === namespace && one.metadata.name === name);
  const internal = serviceOf(cluster.internalUrl);
  const service = ofKind(objects, "Service").find(
    ({ metadata }) => metadata.name === internal?.name && metadata.namespace === internal?.namespace,
  );
  const unnamed = (kind: string, names: readonly (string | undefined)[]) =>
    ofKind(objects, kind as "Secret").filter(
      ({ metadata }) => metadata.namespace === sessions && !names.includes(metadata.name),
    );
  return [
    ...broken("the router", {
      "makes sessions in another namespace": cluster.namespace !== sessions,
      [`gives sessions the ConfigMap ${cluster.modelsConfigMap}, which is not there`]: !has(
        "ConfigMap",
        sessions,
        cluster.modelsConfigMap,
      ),
      [`gives sessions the Secret ${cluster.apiKeySecret}, which is not there`]: !has(
        "Secret",
        sessions,
        cluster.apiKeySecret,
      ),
      [`pulls with the Secret ${cluster.imagePullSecret}, which is not there`]: !has(
        "Secret",
        sessions,
        cluster.imagePullSecret,
      ),
      [`tells sessions an address of it that no Service has: ${cluster.internalUrl}`]: !service?.spec?.ports?.some(
        ({ port }) => port === internal?.port,
      ),
    }),
    ...unnamed("Secret", [cluster.apiKeySecret, cluster.imagePullSecret]).map(
      ({ metadata }) => `Secret ${sessions}/${metadata.name}: no session gets it`,
    ),
    ...unnamed("ConfigMap", [cluster.modelsConfigMap]).map(
      ({ metadata }) => `ConfigMap ${sessions}/${metadata.name}: no session gets it`,
    ),
  ];
}
