import { expect, test } from "vitest";
import packages from "../../../package.json" with { type: "json" };
import { SETTINGS } from "../../router/settings.ts";
import { KEYS, KEY_NAMES, type KeyName } from "./keys.ts";
import { SecretText } from "../../contracts/secret-text.ts";
import { CREDENTIALS, DOCKER_CONFIG, dropping, read, TUNNEL_ID } from "./stack.fixture.ts";

type Given = Readonly<Record<string, string>>;
const NO_TUNNEL: Given = { ...dropping("tunnel.token"), "tunnel.kind": "none", "tls.secretName": "wildcard" };
const OIDC: Given = {
  ...dropping("auth.githubOrg"),
  "auth.provider": "oidc",
  "auth.issuer": "https://id.example.org",
  "auth.allowedGroups": "staff",
};
const EXISTING: Given = { "traefik.install": "false", "traefik.namespace": "traefik" };
const OTHER_TOKEN = Buffer.from(
  JSON.stringify({ a: "account", t: TUNNEL_ID.replace("6", "7"), s: "c2VjcmV0" }),
).toString("base64");
const PEM = (what: string) => `-----BEGIN ${what}-----\nMIIB\n-----END ${what}-----`;
const SMALL = '{"requests":{"cpu":"1m","memory":"1Mi"},"limits":{"memory":"2Mi"}}';

/** Another value of each key, and the other values with which it matters. */
const OTHERS = {
  name: ["acme"],
  kubeconfig: ["/home/ann/.kube/other"],
  kubeContext: ["kind-kind"],
  domain: ["example.net"],
  mainHost: ["example.org"],
  oauthHost: ["login"],
  sessionDomain: ["s.example.org"],
  routeSuffix: ["-session"],
  attachPrefix: ["cli-"],
  "images.registry": ["ghcr.io/other"],
  "images.tag": ["0.2.0"],
  "images.router": ["ghcr.io/acme/r:1"],
  "images.session": [`ghcr.io/acme/s@sha256:${"a".repeat(64)}`],
  "images.traefik": ["traefik:v3.9.9"],
  "images.oauth2Proxy": ["oauth2-proxy:v7.99.0"],
  "images.cloudflared": ["cloudflared:2027.1.0"],
  "images.postgres": ["postgres:18.1"],
  "images.redis": ["redis:9.0.0"],
  imagePullSecret: [DOCKER_CONFIG],
  "auth.provider": [
    "oidc",
    { ...OIDC, "auth.provider": "github", "auth.issuer": "", "auth.allowedGroups": "", "auth.githubOrg": "acme" },
    OIDC,
  ],
  "auth.clientId": ["other"],
  "auth.clientSecret": ["other"],
  "auth.issuer": ["https://other.example.org", OIDC],
  "auth.allowedEmails": ["ann@example.org"],
  "auth.allowedEmailDomains": ["example.org"],
  "auth.githubOrg": ["other"],
  "auth.githubTeams": ["platform"],
  "auth.githubUsers": ["octocat"],
  "auth.allowedGroups": ["other", OIDC],
  "auth.scopes": ["repo workflow"],
  "auth.cookieName": ["sso"],
  "auth.cookieExpire": ["12h"],
  "auth.cookieRefresh": ["50m", OIDC],
  "auth.sessionStore": ["redis"],
  "auth.redisUrl": ["redis://redis:6379", { "auth.sessionStore": "redis" }],
  "auth.replicas": ["3"],
  "traefik.install": ["false", { "traefik.namespace": "" }, EXISTING],
  "traefik.replicas": ["3"],
  "traefik.resources": [SMALL],
  "traefik.trustedIps": ["10.0.0.0/8"],
  "traefik.namespace": ["other", EXISTING],
  "traefik.podLabels": ['{"app":"traefik"}', EXISTING],
  "traefik.entryPoint": ["https", EXISTING],
  "traefik.serviceUrl": ["http://t.traefik.svc:8000", EXISTING],
  "tunnel.kind": ["none", {}, NO_TUNNEL],
  "tunnel.token": [OTHER_TOKEN],
  "tunnel.credentials": [
    CREDENTIALS.replace("account", "other"),
    { ...dropping("tunnel.token"), "tunnel.kind": "credentials", "tunnel.credentials": CREDENTIALS },
  ],
  "tunnel.replicas": ["3"],
  "service.type": ["NodePort", NO_TUNNEL],
  "service.nodePort": ["30443", NO_TUNNEL],
  "service.annotations": ['{"example.org/lb":"internal one"}', NO_TUNNEL],
  "service.loadBalancerClass": ["example.org/lb", NO_TUNNEL],
  "service.allowedCidrs": ["203.0.113.0/24", NO_TUNNEL],
  "tls.secretName": ["other", NO_TUNNEL],
  "tls.certificate": [
    PEM("CERTIFICATE"),
    NO_TUNNEL,
    { ...NO_TUNNEL, "tls.secretName": "", "tls.key": PEM("PRIVATE KEY") },
  ],
  "tls.key": [
    PEM("EC PRIVATE KEY"),
    { ...NO_TUNNEL, "tls.secretName": "", "tls.certificate": PEM("CERTIFICATE"), "tls.key": PEM("PRIVATE KEY") },
  ],
  "dns.manage": ["true", {}, { "dns.zoneId": "0".repeat(32) }],
  "dns.zoneId": ["1".repeat(32), { "dns.manage": "true", "dns.zoneId": "0".repeat(32) }],
  "router.replicas": ["2", { "database.kind": "deploy" }],
  "router.hpaMaxReplicas": ["5", { "database.kind": "deploy" }],
  "router.resources": [SMALL],
  "router.serviceMonitor": ["true"],
  "router.monitoringNamespace": ["prometheus"],
  "router.admins": ["ann@example.org"],
  "router.adminGroups": ["acme:platform"],
  "router.idleTimeoutMinutes": ["60"],
  "router.wakeHoldSeconds": ["5"],
  "router.maxSessionsPerUser": ["7"],
  "router.maxRunningPerUser": ["7"],
  "router.maxConcurrentStarts": ["7"],
  "router.allowedGitHosts": ["git.internal:8443"],
  "router.githubApiUrl": ["https://ghe.example.org/api/v3"],
  "router.defaultGitRepo": ["https://github.com/acme/shop"],
  "router.logLevel": ["debug"],
  "database.kind": ["deploy"],
  "database.url": ["postgres://b@db/b", { "database.kind": "url", "database.url": "postgres://a@db/a" }],
  "database.storageClass": ["fast"],
  "database.storageSize": ["20Gi"],
  "database.resources": [SMALL, { "database.kind": "deploy" }],
  "sessions.storageClass": ["fast"],
  "sessions.storageSize": ["20Gi"],
  "sessions.resources": [SMALL],
  "sessions.quota": ['{"pods":"7"}'],
  "sessions.limits": ['{"max":{"memory":"64Gi"}}'],
  "sessions.runtimeClassName": ["gvisor"],
  "sessions.nodeSelector": ['{"pool":"sessions"}'],
  "sessions.tolerations": ['[{"key":"pool","operator":"Exists"}]'],
  "sessions.chromiumImage": ["chromedp/headless-shell:140.0.7339.16"],
  "sessions.env": ['{"CI":"true"}'],
  "sessions.secretEnv": ['{"ANTHROPIC_API_KEY":"key"}'],
  "sessions.configOverrides": ['{"share":"disabled"}'],
  "sessions.egressPorts": ["443"],
  "sessions.extraEgress": ['[{"cidr":"10.1.2.3/32"}]'],
  "sessions.prePull": ["true"],
  "openrouter.apiKey": ["key"],
  "openrouter.freeApiKey": ["key"],
  "models.source": ["none"],
  "models.required": ["true"],
  "models.url": ["http://127.0.0.1:8080/models"],
  "models.paidLimit": ["7"],
  "models.minCount": ["7"],
  "models.include": ["openai/gpt-5"],
  "models.exclude": ["openai/gpt-5"],
  "cluster.podCidrs": ["198.18.0.0/16"],
  "cluster.serviceCidrs": ["198.18.0.0/16"],
  "cluster.nodeCidrs": ["198.18.0.0/16"],
  "cluster.apiServerCidrs": ["198.18.0.1/32"],
  "cluster.dnsNamespace": ["openshift-dns"],
  "cluster.dnsPodLabels": ['{"dns.operator.openshift.io/daemonset-dns":"default"}'],
  "cluster.dnsPort": ["5353"],
  "cluster.nodeLocalDnsCidrs": ["169.254.25.10/32"],
  secretEpoch: ["2"],
  edgeSecretPrevious: ["0123456789abcdef"],
} satisfies Record<KeyName, [value: string, before?: Given, beside?: Given]>;

const written = (given: Given): string =>
  JSON.stringify(read(given), (_, value: unknown) => value ?? "none").replaceAll("[secret]", "") +
  secretsOf(read(given));
const secretsOf = (value: unknown): string => {
  if (value instanceof SecretText) return `${value.reveal()};`;
  return typeof value === "object" && value !== null ? Object.values(value).map(secretsOf).join("") : "";
};

test.each(KEY_NAMES)("%s changes what is read", (name) => {
  const [value, before = {}, beside = before]: [string, Given?, Given?] = OTHERS[name];
  expect(written({ ...beside, [name]: value })).not.toBe(written(before));
});

test("the tag of the images is the version that is built", () => {
  expect(KEYS["images.tag"].absent).toBe(packages.version);
});

test.each([
  ["router.idleTimeoutMinutes", "IDLE_TIMEOUT_MINUTES"],
  ["router.wakeHoldSeconds", "WAKE_HOLD_SECONDS"],
  ["router.maxSessionsPerUser", "MAX_SESSIONS_PER_USER"],
  ["router.maxRunningPerUser", "MAX_RUNNING_PER_USER"],
  ["router.maxConcurrentStarts", "MAX_CONCURRENT_STARTS"],
  ["router.githubApiUrl", "GITHUB_API_URL"],
  ["router.logLevel", "LOG_LEVEL"],
  ["routeSuffix", "ROUTE_SUFFIX"],
  ["attachPrefix", "ATTACH_ROUTE_PREFIX"],
  ["sessions.storageSize", "STORAGE_SIZE"],
  ["sessions.resources", "SESSION_RESOURCES"],
  ["sessions.tolerations", "TOLERATIONS"],
  ["sessions.nodeSelector", "NODE_SELECTOR"],
] as const)("%s has the default of the router's %s", (name, variable) => {
  expect(KEYS[name].absent).toEqual(SETTINGS[variable].schema.parse(undefined));
});

test.each(["0", "1", "5", "16", "600", "601", "10000", "10001", "100000", "100001", "525600", "525601", "x", "-1"])(
  "the router takes %s where it is taken here",
  (value) => {
    const pairs = [
      ["router.idleTimeoutMinutes", "IDLE_TIMEOUT_MINUTES"],
      ["router.wakeHoldSeconds", "WAKE_HOLD_SECONDS"],
      ["router.maxSessionsPerUser", "MAX_SESSIONS_PER_USER"],
      ["router.maxConcurrentStarts", "MAX_CONCURRENT_STARTS"],
    ] as const;
    for (const [name, variable] of pairs)
      expect(KEYS[name].schema.safeParse(value).success, name).toBe(SETTINGS[variable].schema.safeParse(value).success);
  },
);
