import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { ModelsChoice } from "../../src/deploy/models/choose.ts";
import { KEYS, PROJECT } from "../../src/deploy/settings/keys.ts";
import { readSettings } from "../../src/deploy/settings/read-settings.ts";
import type { Settings } from "../../src/deploy/settings/settings.ts";
import { CREDENTIALS, TUNNEL_ID } from "../../src/deploy/settings/stack.fixture.ts";
import { Platform } from "../../src/deploy/platform.ts";
import { MARK } from "./marked-secrets.ts";
import { mockStack, type MockedStack, type MockOptions } from "./mock-stack.ts";

type Given = Readonly<Record<string, string>>;

/** A secret that is found wherever it turns up. */
const marked = (text: string): string => `${MARK}-${text}`;
const pem = (what: string, body: string) => `-----BEGIN ${what}-----\n${body}\n-----END ${what}-----\n`;
const json = JSON.stringify;

const TOKEN = Buffer.from(json({ a: "account", t: TUNNEL_ID, s: marked("tunnel") })).toString("base64");
const PULL = json({ auths: { "ghcr.io": { auth: Buffer.from(`robot:${marked("registry")}`).toString("base64") } } });
/** Lets the router go to the API server only. */
const API_SERVER = { "cluster.apiServerCidrs": "10.96.0.1/32,192.0.2.10/32" };

const BASE: Given = {
  domain: "example.org",
  "auth.clientId": "Iv1.0123456789abcdef",
  "auth.clientSecret": marked("client-secret"),
  "images.registry": "ghcr.io/acme",
};
const GITHUB: Given = { ...BASE, "auth.githubOrg": "acme" };
const WITH_TOKEN: Given = { "tunnel.token": TOKEN };
const EXISTING: Given = { "traefik.install": "false", "traefik.namespace": "traefik" };

/** The example of the repository, with what its README has everybody set. */
const exampleStack = (): Given => {
  const file = new URL("../../Pulumi.dev.yaml", import.meta.url);
  const { config } = parse(readFileSync(file, "utf8")) as { config: Readonly<Record<string, unknown>> };
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name.slice(PROJECT.length + 1),
      typeof value === "object" ? json(value) : String(value),
    ]),
  );
};

const CONFIGURATIONS = {
  "five-minute-path": { ...GITHUB, ...WITH_TOKEN },
  "oidc-and-redis": {
    ...BASE,
    ...API_SERVER,
    "auth.provider": "oidc",
    "auth.issuer": "https://id.example.org/realms/staff",
    "auth.allowedGroups": "engineers",
    "auth.allowedEmails": "ann@example.org,bob@example.org",
    "auth.cookieRefresh": "50m",
    "tunnel.kind": "credentials",
    "tunnel.credentials": CREDENTIALS.replace("c2VjcmV0", marked("tunnel")),
  },
  "load-balancer-and-postgresql": {
    ...GITHUB,
    ...API_SERVER,
    "auth.githubTeams": "platform",
    "tunnel.kind": "none",
    "service.annotations": '{"example.org/balancer":"public"}',
    "service.allowedCidrs": "198.51.100.0/24",
    "tls.secretName": "wildcard-tls",
    "database.kind": "deploy",
    "router.replicas": "3",
    "router.hpaMaxReplicas": "6",
    "router.serviceMonitor": "true",
    edgeSecretPrevious: marked("previous-edge"),
  },
  "local-cluster": {
    ...exampleStack(),
    "auth.clientId": "Iv1.0123456789abcdef",
    "auth.clientSecret": marked("client-secret"),
    "auth.allowedEmails": "you@example.org",
    "tls.certificate": pem("CERTIFICATE", "MIIB"),
    "tls.key": pem("PRIVATE KEY", marked("tls-key")),
  },
  "existing-traefik-and-tunnel": { ...GITHUB, ...WITH_TOKEN, ...EXISTING },
  "existing-traefik-and-own-servers": {
    ...GITHUB,
    ...API_SERVER,
    ...EXISTING,
    "traefik.podLabels": '{"app":"traefik"}',
    "tunnel.kind": "none",
    "database.kind": "url",
    "database.url": `postgres://router:${marked("database")}@db.example.com:6432/router`,
    "router.replicas": "2",
    "auth.sessionStore": "redis",
    "auth.redisUrl": `rediss://:${marked("redis")}@cache.example.com:6380`,
    "models.source": "none",
  },
  everything: {
    ...GITHUB,
    ...WITH_TOKEN,
    ...API_SERVER,
    name: "team",
    mainHost: "agents",
    oauthHost: "login",
    sessionDomain: "run.example.org",
    routeSuffix: "-x",
    attachPrefix: "at-",
    "images.router": `registry.example.org/router@sha256:${"0".repeat(64)}`,
    imagePullSecret: PULL,
    "auth.allowedEmails": "ann@example.org",
    "dns.manage": "true",
    "dns.zoneId": "0123456789abcdef0123456789abcdef",
    "router.admins": "ann@example.org",
    "router.allowedGitHosts": "git.internal:8443",
    "sessions.storageClass": "fast",
    "sessions.limits":
      '{"max":{"cpu":"8","memory":"16Gi"},"default":{"memory":"1Gi"},"defaultRequest":{"cpu":"100m","memory":"256Mi"}}',
    "sessions.runtimeClassName": "gvisor",
    "sessions.nodeSelector": '{"pool":"sessions"}',
    "sessions.tolerations": '[{"key":"sessions","operator":"Exists","effect":"NoSchedule"}]',
    "sessions.chromiumImage": "registry.example.org/chromium:140",
    "sessions.env": '{"HTTPS_PROXY":"http://proxy.example.org:3128","MOTTO":"for $5"}',
    "sessions.secretEnv": json({ ANTHROPIC_API_KEY: marked("anthropic") }),
    "sessions.configOverrides": '{"share":"disabled"}',
    "sessions.extraEgress": '[{"cidr":"10.1.2.3/32","ports":[8443]}]',
    "sessions.prePull": "true",
    "openrouter.apiKey": marked("openrouter"),
    "openrouter.freeApiKey": marked("openrouter-free"),
    secretEpoch: "3",
  },
} as const satisfies Record<string, Given>;

export type SampleStack = keyof typeof CONFIGURATIONS;
export const SAMPLE_STACKS = Object.keys(CONFIGURATIONS) as SampleStack[];

/** The texts of a configuration that has to be secret. */
export const sampleSecrets = (name: SampleStack): string[] =>
  Object.entries<string>(CONFIGURATIONS[name]).flatMap(([key, value]) =>
    "secret" in KEYS[key as keyof typeof KEYS] ? [value] : [],
  );

export const sampleSettings = (name: SampleStack): Settings =>
  readSettings(
    Object.fromEntries(Object.entries(CONFIGURATIONS[name]).map(([key, value]) => [`${PROJECT}:${key}`, value])),
    new Set(Object.keys(KEYS).map((key) => `${PROJECT}:${key}`)),
  );

const PROVIDER = {
  whitelist: ["acme/one"],
  models: {
    "acme/one": {
      name: "One",
      attachment: false,
      reasoning: false,
      temperature: true,
      tool_call: true,
      cost: { input: 1, output: 2 },
      limit: { context: 100_000, output: 10_000 },
      modalities: { input: ["text"], output: ["text"] },
    },
  },
} as const;

/** A list of one model, so that golden files are not about models. */
const sampleModels = ({ models }: Settings): ModelsChoice =>
  models.source === "none"
    ? { source: "none" }
    : {
        source: "live",
        models: { provider: { openrouter: PROVIDER, "openrouter-free": { whitelist: [], models: {} } } },
        count: { paid: 1, free: 0 },
        warnings: [],
      };

/** The whole platform of a configuration, as its program registers it. */
export function deploySample(name: SampleStack, options: MockOptions = {}): Promise<MockedStack> {
  const settings = sampleSettings(name);
  const make = () => ({ ...new Platform(settings.name, { settings, models: sampleModels(settings) }).outputs });
  return mockStack(make, options);
}
