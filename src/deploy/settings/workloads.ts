import { dotenvLine } from "./dotenv.ts";
import { setCommand, type KeyValues } from "./keys.ts";
import { quantityNumber } from "./quantity.ts";
import { rule, type Rule } from "./rule.ts";
import type { DatabaseSettings, Labels, RouterSettings, SessionSettings } from "./settings.ts";

export const composeRouter = (values: KeyValues): RouterSettings => ({
  replicas: values["router.replicas"],
  hpaMaxReplicas: values["router.hpaMaxReplicas"] === 0 ? undefined : values["router.hpaMaxReplicas"],
  resources: values["router.resources"],
  serviceMonitor: values["router.serviceMonitor"],
  monitoringNamespace: values["router.monitoringNamespace"],
  admins: { emails: values["router.admins"], groups: values["router.adminGroups"] },
  idleTimeoutMinutes: values["router.idleTimeoutMinutes"],
  wakeHoldSeconds: values["router.wakeHoldSeconds"],
  maxSessionsPerUser: values["router.maxSessionsPerUser"],
  maxRunningPerUser: values["router.maxRunningPerUser"],
  maxConcurrentStarts: values["router.maxConcurrentStarts"],
  allowedGitHosts: values["router.allowedGitHosts"],
  githubApiUrl: values["router.githubApiUrl"],
  defaultGitRepo: values["router.defaultGitRepo"],
  logLevel: values["router.logLevel"],
});

export function composeDatabase(values: KeyValues): DatabaseSettings {
  const volume = { storageClass: values["database.storageClass"], size: values["database.storageSize"] };
  const url = values["database.url"];
  if (values["database.kind"] === "url" && url) return { kind: "url", url };
  if (values["database.kind"] === "deploy") return { kind: "deploy", volume, resources: values["database.resources"] };
  return { kind: "embedded", volume };
}

export function composeSessions(values: KeyValues): SessionSettings {
  const apiKey = values["openrouter.apiKey"];
  // Without it the free models take the first, or the person's own: `images/opencode/rootfs/defaults/opencode.json`.
  const freeApiKey = values["openrouter.freeApiKey"];
  const overrides = values["sessions.configOverrides"];
  return {
    volume: { storageClass: values["sessions.storageClass"], size: values["sessions.storageSize"] },
    resources: values["sessions.resources"],
    quota: values["sessions.quota"],
    limits: values["sessions.limits"],
    runtimeClassName: values["sessions.runtimeClassName"],
    nodeSelector: values["sessions.nodeSelector"],
    tolerations: values["sessions.tolerations"],
    chromiumImage: values["sessions.chromiumImage"],
    env: values["sessions.env"],
    secretEnv: {
      ...(apiKey ? { OPENROUTER_API_KEY: apiKey } : {}),
      ...(freeApiKey ? { OPENROUTER_FREE_API_KEY: freeApiKey } : {}),
      ...values["sessions.secretEnv"],
    },
    configOverrides: Object.keys(overrides).length === 0 ? undefined : overrides,
    egressPorts: values["sessions.egressPorts"],
    extraEgress: values["sessions.extraEgress"],
    prePull: values["sessions.prePull"],
  };
}

/** Requests that no limit of theirs covers. */
const overLimit = (requests: Labels, limits: Labels): string[] =>
  Object.entries(requests).flatMap(([name, request]) => {
    const limit = limits[name];
    return limit !== undefined && quantityNumber(request) > quantityNumber(limit)
      ? [`the request of ${name}, ${request}, is over its limit, ${limit}`]
      : [];
  });

const RESOURCES = ["traefik.resources", "router.resources", "database.resources", "sessions.resources"] as const;

/** What one session takes of a quota, by the quota's own names; some have two. */
const takes = (resources: KeyValues["sessions.resources"], storage: string): Labels => ({
  pods: "1",
  "count/pods": "1",
  persistentvolumeclaims: "1",
  "requests.storage": storage,
  ...Object.fromEntries(Object.entries(resources.requests).map(([name, value]) => [`requests.${name}`, value])),
  ...resources.requests,
  ...Object.fromEntries(Object.entries(resources.limits).map(([name, value]) => [`limits.${name}`, value])),
});

export const WORKLOAD_RULES: readonly Rule[] = [
  ...(["router.admins", "router.adminGroups"] as const).map((name) =>
    rule([name], (values) =>
      values[name].map(
        (entry) => entry.includes(",") && `${name}: "${entry}" has a comma, which the router takes for two`,
      ),
    ),
  ),
  rule(["secretEpoch", "edgeSecretPrevious"], ({ secretEpoch, edgeSecretPrevious }) => [
    secretEpoch > 1 &&
      edgeSecretPrevious !== undefined &&
      `edgeSecretPrevious: has no effect with secretEpoch ${secretEpoch}, where the secret of epoch ${secretEpoch - 1} is the one that stays accepted: remove it`,
  ]),
  rule(["sessions.env"], (values) =>
    Object.entries(values["sessions.env"]).map(
      ([name, value]) =>
        dotenvLine(name, value) === undefined &&
        `sessions.env: ${name} has all kinds of quotes in it, which no line of a .env file can tell: put it into sessions.secretEnv`,
    ),
  ),
  rule(["database.kind", "router.replicas", "router.hpaMaxReplicas"], (values) => [
    values["database.kind"] === "embedded" &&
      values["router.replicas"] > 1 &&
      "router.replicas: the embedded database has one router: set database.kind to deploy or url for more",
    values["database.kind"] === "embedded" &&
      values["router.hpaMaxReplicas"] > 0 &&
      "router.hpaMaxReplicas: the embedded database has one router: set database.kind to deploy or url for more",
    values["router.hpaMaxReplicas"] > 0 &&
      values["router.hpaMaxReplicas"] <= values["router.replicas"] &&
      `router.hpaMaxReplicas: must be more than router.replicas, ${values["router.replicas"]}, or 0`,
  ]),
  rule(["database.kind", "database.url"], (values) => [
    values["database.kind"] === "url" &&
      values["database.url"] === undefined &&
      `database.url: is missing with database.kind url: \`${setCommand("database.url")}\``,
  ]),
  ...RESOURCES.map((name) =>
    rule([name], (values) =>
      overLimit(values[name].requests, values[name].limits).map((sentence) => `${name}: ${sentence}`),
    ),
  ),
  rule(["sessions.resources", "sessions.limits"], (values) => {
    const { max = {}, min = {} } = values["sessions.limits"];
    const { requests, limits } = values["sessions.resources"];
    const tooMuch = [
      ...overLimit(requests, max),
      ...overLimit(limits, max).map((text) => text.replace("request", "limit")),
    ];
    return [
      ...tooMuch.map((text) => `sessions.limits: max admits no session: ${text}`),
      ...overLimit(min, requests).map(() => "sessions.limits: min is over what a session requests"),
    ];
  }),
  rule(["sessions.resources", "sessions.storageSize", "sessions.quota"], (values) =>
    Object.entries(takes(values["sessions.resources"], values["sessions.storageSize"])).map(([name, amount]) => {
      const hard = values["sessions.quota"][name];
      return (
        hard !== undefined &&
        quantityNumber(amount) > quantityNumber(hard) &&
        `sessions.quota: ${name} of ${hard} admits not one session, which takes ${amount}`
      );
    }),
  ),
  rule(["sessions.resources", "sessions.quota"], (values) =>
    // The quota refuses every pod that does not say how much of these it wants at most.
    Object.keys(values["sessions.quota"])
      .filter(
        (name) => name.startsWith("limits.") && !(name.slice("limits.".length) in values["sessions.resources"].limits),
      )
      .map((name) => `sessions.quota: ${name} admits no session, for sessions.resources has no such limit`),
  ),
  rule(["sessions.env", "sessions.secretEnv", "openrouter.apiKey", "openrouter.freeApiKey"], (values) => {
    const secrets = values["sessions.secretEnv"];
    const given = {
      OPENROUTER_API_KEY: "openrouter.apiKey",
      OPENROUTER_FREE_API_KEY: "openrouter.freeApiKey",
    } as const;
    return [
      ...Object.keys(values["sessions.env"]).map(
        (name) =>
          Object.hasOwn(secrets, name) && `sessions.env: ${name} is in sessions.secretEnv, too: remove one of them`,
      ),
      ...Object.entries(given).flatMap(([name, key]) => [
        Object.hasOwn(secrets, name) &&
          values[key] !== undefined &&
          `sessions.secretEnv: ${name} is ${key}, too: remove one of them`,
        Object.hasOwn(values["sessions.env"], name) && `sessions.env: ${name} is a secret: \`${setCommand(key)}\``,
      ]),
    ];
  }),
  rule(["models.include", "models.exclude"], (values) =>
    values["models.include"].map(
      (model) =>
        values["models.exclude"].includes(model) &&
        `models.exclude: ${model} is in models.include, too: remove one of them`,
    ),
  ),
];
