import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadConfig, type Config } from "../../router/config.ts";
import { SETTINGS } from "../../router/settings.ts";
import { readEnvFile } from "../../router/session-runtime.ts";
import type { Settings } from "../settings/settings.ts";
import { dropping, read } from "../settings/stack.fixture.ts";
import { FOLDERS, routerEnvironment, type Environment, type SecretName } from "./environment.ts";
import { sessionFiles } from "./session-files.ts";

const SECRETS: SecretName[] = [
  "EDGE_SECRET",
  "EDGE_SECRET_PREVIOUS",
  "SESSION_ID_SECRET",
  "TOKEN_SECRET",
  "ADMIN_SECRET",
  "DATABASE_URL",
];

/** Every key that the router hears of has another value than its default. */
const EVERYTHING: Readonly<Record<string, string>> = {
  name: "team",
  mainHost: "agents",
  oauthHost: "login",
  sessionDomain: "run.example.org",
  routeSuffix: "-x",
  attachPrefix: "at-",
  "images.session": "registry.example.org/s:1",
  imagePullSecret: '{"auths":{"registry.example.org":{"auth":"YTpi"}}}',
  "router.replicas": "2",
  "router.admins": "Ann@example.org,bob@example.org",
  "router.adminGroups": "ops, acme:platform",
  "router.idleTimeoutMinutes": "5",
  "router.wakeHoldSeconds": "3",
  "router.maxSessionsPerUser": "7",
  "router.maxRunningPerUser": "6",
  "router.maxConcurrentStarts": "4",
  "router.allowedGitHosts": "git.internal:8080,forge",
  "router.githubApiUrl": "https://ghe.example.org/api/v3",
  "router.defaultGitRepo": "https://github.com/acme/shop",
  "router.logLevel": "debug",
  "database.kind": "deploy",
  "sessions.storageClass": "fast",
  "sessions.storageSize": "3Gi",
  "sessions.resources": '{"requests":{"cpu":"1","memory":"1Gi"},"limits":{"memory":"2Gi"}}',
  "sessions.runtimeClassName": "gvisor",
  "sessions.nodeSelector": '{"pool":"agents","example.org/spot":""}',
  "sessions.tolerations": '[{"key":"agents","operator":"Equal","value":"a,b","effect":"NoSchedule"}]',
  "sessions.chromiumImage": "registry.example.org/chromium:1",
  "sessions.env": JSON.stringify({ PROXY: "http://proxy:3128", MOTTO: 'it\'s #1, for "$5" ', EMPTY: "" }),
  "sessions.configOverrides": '{"share":"manual"}',
  "openrouter.apiKey": "or-key",
};

const folder = mkdtempSync(join(tmpdir(), "router-environment-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The router's own reading of it, with the files of the container in a folder of this machine. */
function configOf(settings: Settings): Config {
  const given = Object.entries(routerEnvironment(settings, SECRETS)).map(([name, value]) => [name, here(value)]);
  for (const name of SECRETS)
    writeFileSync(join(folder, name), name === "DATABASE_URL" ? "postgres://a@b/c" : `${name}-0123456789`);
  for (const [name, text] of Object.entries(sessionFiles(settings.sessions))) writeFileSync(join(folder, name), text);
  const result = loadConfig(Object.fromEntries(given) as Record<string, string>);
  if (!result.ok) throw new Error(result.problems.join("\n"));
  return result.config;
}

const here = (text: string): string =>
  text.replace(FOLDERS.secrets, folder).replace(FOLDERS.sessions, folder).replace(FOLDERS.data, folder);

/** Settings that no deployment gives, with the reason. */
const NEVER: Readonly<Record<string, string>> = {
  BIND_ADDRESS: "a pod listens on all of its addresses, which is the default",
  LOCAL_EMAIL: "one person on one machine",
  LOCAL_SHARE_AUTH: "the same",
  MODELS_FILE: "sessions that are processes; pods have the config map",
  OPENCODE_BIN: "sessions that are processes; pods have the image's",
  KUBECONFIG: "a router outside of its cluster",
};

const setBy = (...environments: Environment[]): string[] =>
  [...new Set(environments.flatMap((one) => Object.keys(one)))].map((name) =>
    SECRETS.some((secret) => name === `${secret}_FILE`) ? name.slice(0, -"_FILE".length) : name,
  );

test("the names are those of the router's settings, and what is never given has a reason", () => {
  const names = setBy(routerEnvironment(read({}), SECRETS), routerEnvironment(read(EVERYTHING), SECRETS));
  expect([...names, ...Object.keys(NEVER)].toSorted()).toEqual(Object.keys(SETTINGS).toSorted());
});

test("no secret is among the values, but the name of its file", () => {
  const secret = Object.keys(SETTINGS).filter((name) => "secret" in SETTINGS[name as keyof typeof SETTINGS]);
  expect(SECRETS.toSorted()).toEqual(secret.toSorted());
  const environment = routerEnvironment(read(EVERYTHING), ["EDGE_SECRET", "TOKEN_SECRET"]);
  expect(Object.keys(environment).filter((name) => /SECRET(_PREVIOUS)?(_FILE)?$|DATABASE/.test(name))).toEqual([
    "EDGE_SECRET_FILE",
    "TOKEN_SECRET_FILE",
  ]);
  expect(environment["EDGE_SECRET_FILE"]).toBe("/etc/opencode-router/secrets/EDGE_SECRET");
  expect(JSON.stringify(environment)).not.toContain("or-key");
});

test("the router reads everything as the stack's configuration has it", () => {
  const config = configOf(read(EVERYTHING));
  expect(config).toMatchObject({
    auth: { mode: "proxy" },
    admins: { emails: ["ann@example.org", "bob@example.org"], groups: ["ops", "acme:platform"] },
    listen: { address: "0.0.0.0", internalAddress: "0.0.0.0", port: 3000, attachPort: 4096, internalPort: 3001 },
    grammar: {
      mainHost: "agents.example.org",
      sessionDomain: "run.example.org",
      routeSuffix: "-x",
      attachPrefix: "at-",
    },
    urls: {
      main: "https://agents.example.org",
      sessionPort: "",
      attachPort: "",
      signIn: "https://login.example.org/oauth2/start",
    },
    ssoCookieName: "__Secure-team",
    clientAddressHeader: "cf-connecting-ip",
    sessions: { allowedGitHosts: ["git.internal:8080", "forge"] },
    cluster: {
      kubeconfig: undefined,
      namespace: "team-sessions",
      image: "registry.example.org/s:1",
      internalUrl: "http://router-internal.team-system.svc.cluster.local:3001",
      imagePullSecret: "image-pull",
      storageClass: "fast",
      storageSize: "3Gi",
      modelsConfigMap: "opencode-models",
      apiKeySecret: "session-api-keys",
      resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "2Gi" } },
      nodeSelector: { pool: "agents", "example.org/spot": "" },
      tolerations: [{ key: "agents", operator: "Equal", value: "a,b", effect: "NoSchedule" }],
      runtimeClass: "gvisor",
      chromiumImage: "registry.example.org/chromium:1",
    },
    limits: { maxSessions: 7, maxRunning: 6, maxStarts: 4 },
    idleTimeoutMs: 300_000,
    wakeHoldMs: 3_000,
    defaultGitRepo: "https://github.com/acme/shop",
    logLevel: "debug",
  });
  expect(config.github.api).toContain("ghe.example.org");
  expect(config.databaseUrl?.reveal()).toBe("postgres://a@b/c");
});

test("every session's variables come back from their file as they were given", async () => {
  const { sessions } = configOf(read(EVERYTHING));
  expect(await readEnvFile(sessions.envFile ?? "")).toEqual({
    PROXY: "http://proxy:3128",
    MOTTO: 'it\'s #1, for "$5" ',
    EMPTY: "",
  });
});

test.each<[what: string, given: Readonly<Record<string, string>>]>([
  ["the five-minute path", {}],
  ["the main host at the domain itself", { mainHost: "example.org" }],
  [
    "OIDC without a list of models",
    {
      ...dropping("auth.githubOrg"),
      "auth.provider": "oidc",
      "auth.issuer": "https://id.example.org",
      "auth.allowedGroups": "staff",
      "models.source": "none",
    },
  ],
  ["a load balancer", { "tunnel.kind": "none", ...dropping("tunnel.token"), "tls.secretName": "wildcard" }],
  [
    "a Traefik that is there",
    { "traefik.install": "false", "traefik.namespace": "traefik", "tunnel.kind": "none", ...dropping("tunnel.token") },
  ],
])("the router has no objection to %s, and knows the same hosts", (_, given) => {
  const settings = read(given);
  const { grammar, clientAddressHeader, cluster } = configOf(settings);
  const { mainHost, sessionDomain, routeSuffix, attachPrefix } = settings.hosts;
  expect(grammar).toEqual({ mainHost, sessionDomain, routeSuffix, attachPrefix });
  // Whoever is not behind Cloudflare can write its header.
  expect(clientAddressHeader).toBe(settings.entrance.kind === "tunnel" ? "cf-connecting-ip" : undefined);
  expect(cluster?.modelsConfigMap).toBe(settings.models.source === "none" ? undefined : "opencode-models");
});
