import { AUTH_RULES, authWarnings, composeAuth } from "./auth.ts";
import { composeEntrance, composeTraefik, entranceWarnings, ENTRANCE_RULES } from "./entrance.ts";
import { composeHosts, HOST_RULES } from "./hosts.ts";
import { setCommand, type KeyValues } from "./keys.ts";
import { readValues } from "./read-values.ts";
import { rule, type Rule } from "./rule.ts";
import type { ClusterSettings, ImageSettings, ModelSettings, Settings } from "./settings.ts";
import { uselessKeys } from "./useless.ts";
import { composeDatabase, composeRouter, composeSessions, WORKLOAD_RULES } from "./workloads.ts";

/** Everything that is wrong with the configuration of a stack: sentences that start with the key. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration of this stack cannot be used:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "SettingsError";
    this.problems = problems;
  }
}

const IMAGE_RULE = rule(["images.registry", "images.router", "images.session"], (values) => [
  values["images.registry"] === undefined &&
    (values["images.router"] === undefined || values["images.session"] === undefined) &&
    `images.registry: is missing: \`${setCommand("images.registry", "ghcr.io/acme")}\`, or set images.router and images.session`,
]);

const RULES: readonly Rule[] = [...HOST_RULES, IMAGE_RULE, ...AUTH_RULES, ...ENTRANCE_RULES, ...WORKLOAD_RULES];

/**
 * The whole configuration of a stack, as Pulumi gives it: texts by `<namespace>:<key>`, structured ones as JSON.
 * @throws SettingsError with every problem at once, and nothing else.
 */
export function readSettings(given: Readonly<Record<string, string>>, secretKeys: ReadonlySet<string>): Settings {
  const { values, problems } = readValues(given, secretKeys);
  const all = [...problems, ...RULES.flatMap((one) => one.problems(values)), ...uselessKeys(values)];
  if (all.length > 0) throw new SettingsError([...new Set(all)]);
  return compose(values as KeyValues);
}

function compose(values: KeyValues): Settings {
  const { name } = values;
  return {
    name,
    namespaces: { edge: `${name}-edge`, system: `${name}-system`, sessions: `${name}-sessions` },
    kubernetes: { kubeconfig: values.kubeconfig, context: values.kubeContext },
    hosts: composeHosts(values),
    images: composeImages(values),
    imagePullSecret: values.imagePullSecret,
    auth: composeAuth(values),
    traefik: composeTraefik(values),
    entrance: composeEntrance(values),
    dns: values["dns.manage"] ? { manage: true, zoneId: values["dns.zoneId"] ?? "" } : { manage: false },
    router: composeRouter(values),
    database: composeDatabase(values),
    sessions: composeSessions(values),
    models: composeModels(values),
    cluster: composeCluster(values),
    secretEpoch: values.secretEpoch,
    edgeSecretPrevious: values.edgeSecretPrevious,
    warnings: [...authWarnings(values), ...entranceWarnings(values)],
  };
}

function composeImages(values: KeyValues): ImageSettings {
  const own = (image: string) => `${values["images.registry"]}/${image}:${values["images.tag"]}`;
  return {
    router: values["images.router"] ?? own("router"),
    session: values["images.session"] ?? own("opencode"),
    traefik: values["images.traefik"],
    oauth2Proxy: values["images.oauth2Proxy"],
    cloudflared: values["images.cloudflared"],
    postgres: values["images.postgres"],
    redis: values["images.redis"],
  };
}

const composeModels = (values: KeyValues): ModelSettings => ({
  source: values["models.source"],
  required: values["models.required"],
  url: values["models.url"],
  paidLimit: values["models.paidLimit"],
  minCount: values["models.minCount"],
  include: values["models.include"],
  exclude: values["models.exclude"],
});

const composeCluster = (values: KeyValues): ClusterSettings => ({
  podCidrs: values["cluster.podCidrs"],
  serviceCidrs: values["cluster.serviceCidrs"],
  nodeCidrs: values["cluster.nodeCidrs"],
  apiServerCidrs: values["cluster.apiServerCidrs"],
  dns: {
    namespace: values["cluster.dnsNamespace"],
    podLabels: values["cluster.dnsPodLabels"],
    port: values["cluster.dnsPort"],
    nodeLocalCidrs: values["cluster.nodeLocalDnsCidrs"],
  },
});
