import { accessSync, constants, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { grammarProblems, hostName, type HostGrammar } from "../contracts/hosts.ts";
import type { Email } from "../contracts/email.ts";
import { Secret } from "../lib/secret.ts";
import { clusterProblems, composeCluster, type ClusterConfig } from "./cluster-config.ts";
import { githubAddress, type GitHubAddress } from "../people/github-address.ts";
import { maxSocketPathProblem } from "../runtimes/process/session-folder.ts";
import { SETTINGS, type SettingName, type SettingValues } from "./settings.ts";

export type AuthConfig =
  | { readonly mode: "local"; readonly email: Email }
  | { readonly mode: "proxy"; readonly edgeSecrets: readonly Secret[] };

export interface Config {
  readonly auth: AuthConfig;
  readonly admins: { readonly emails: readonly Email[]; readonly groups: readonly string[] };
  readonly listen: {
    readonly address: string;
    readonly internalAddress: string;
    readonly port: number;
    readonly attachPort: number;
    readonly internalPort: number;
  };
  readonly grammar: HostGrammar;
  readonly urls: {
    readonly proto: "http" | "https";
    readonly main: string;
    readonly sessionPort: string;
    readonly attachPort: string;
    /** One address for all attached sessions, where names below `localhost` need not resolve; the password tells which. */
    readonly attachOrigin: string | undefined;
    /** Where nobody is signed in yet and a page is opened that somebody may see. */
    readonly signIn: string | undefined;
  };
  readonly dataDir: string;
  readonly databaseUrl: Secret | undefined;
  /** Secrets that were given; of those that were not, all but `admin` are made and kept in `dataDir`. */
  readonly secrets: {
    readonly sessionId: Secret | undefined;
    readonly token: Secret | undefined;
    readonly admin: Secret | undefined;
  };
  readonly ssoCookieName: string;
  /** Header with the client's address, in lower case; only what comes through the edge has it. */
  readonly clientAddressHeader: string | undefined;
  readonly sessions: {
    readonly envFile: string | undefined;
    readonly configFile: string | undefined;
    readonly modelsFile: string | undefined;
    readonly allowedGitHosts: readonly string[];
    readonly opencodeBin: string | undefined;
    readonly shareAuth: boolean;
  };
  /** Undefined: sessions are processes of this machine. */
  readonly cluster: ClusterConfig | undefined;
  readonly github: GitHubAddress;
  readonly limits: { readonly maxSessions: number; readonly maxRunning: number; readonly maxStarts: number };
  readonly idleTimeoutMs: number;
  readonly wakeHoldMs: number;
  readonly defaultGitRepo: string | undefined;
  readonly logLevel: string;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the whole configuration; every problem is a sentence that starts with the variable's name. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): ConfigResult {
  const problems: string[] = [];
  const values = readValues(env, problems);
  if (!values) return { ok: false, problems };
  const config = compose(values);
  problems.push(...contradictions(values, config));
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems };
}

function readValues(env: Readonly<Record<string, string | undefined>>, problems: string[]): SettingValues | undefined {
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const setting = SETTINGS[name];
    const given = "secret" in setting ? secretText(name, env, problems) : env[name];
    const result = setting.schema.safeParse(given === "" ? undefined : given);
    if (result.success) values[name] = result.data;
    else problems.push(...result.error.issues.map((issue) => `${name}: ${issue.message}`));
  }
  return problems.length === 0 ? (values as SettingValues) : undefined;
}

function secretText(name: string, env: Readonly<Record<string, string | undefined>>, problems: string[]) {
  const file = env[`${name}_FILE`];
  if (file === undefined || file === "") return env[name];
  if (env[name] !== undefined && env[name] !== "") problems.push(`${name}: give it or ${name}_FILE, not both`);
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    problems.push(`${name}_FILE: the file ${file} cannot be read`);
    return undefined;
  }
}

function compose(values: SettingValues): Config {
  const local = values.AUTH_MODE === "local";
  const domain = (values.ROUTER_DOMAIN ?? `localhost:${values.PORT}`).toLowerCase();
  const sessionDomain = (values.SESSION_DOMAIN ?? domain).toLowerCase();
  const main = (values.MAIN_HOST ?? domain).toLowerCase();
  const address = values.BIND_ADDRESS ?? (local ? "127.0.0.1" : "0.0.0.0");
  const secret = (text: string | undefined) => (text === undefined ? undefined : new Secret(text));
  // Sessions have working directories of their own.
  const file = (path: string | undefined) => (path === undefined ? undefined : resolve(path));
  return {
    auth: composeAuth(values),
    admins: { emails: values.ADMIN_EMAILS, groups: values.ADMIN_GROUPS },
    listen: {
      address,
      internalAddress: values.RUNTIME === "process" ? "127.0.0.1" : address,
      port: values.PORT,
      attachPort: values.ATTACH_PORT,
      internalPort: values.INTERNAL_PORT,
    },
    grammar: {
      mainHost: hostName(main),
      sessionDomain: hostName(sessionDomain),
      routeSuffix: values.ROUTE_SUFFIX,
      attachPrefix: values.ATTACH_ROUTE_PREFIX,
    },
    urls: composeUrls(values, { main, sessionDomain, address }),
    dataDir: resolve(values.DATA_DIR),
    databaseUrl: secret(values.DATABASE_URL),
    secrets: {
      sessionId: secret(values.SESSION_ID_SECRET),
      token: secret(values.TOKEN_SECRET),
      admin: secret(values.ADMIN_SECRET),
    },
    ssoCookieName: values.SSO_COOKIE_NAME,
    clientAddressHeader: local ? undefined : values.CLIENT_ADDRESS_HEADER?.toLowerCase(),
    sessions: {
      envFile: file(values.SESSION_ENV_FILE),
      configFile: file(values.SESSION_CONFIG_FILE),
      modelsFile: file(values.MODELS_FILE),
      allowedGitHosts: values.ALLOWED_GIT_HOSTS,
      // A bare name is looked up along PATH.
      opencodeBin: values.OPENCODE_BIN?.includes("/") ? file(values.OPENCODE_BIN) : values.OPENCODE_BIN,
      shareAuth: local && values.LOCAL_SHARE_AUTH,
    },
    cluster: composeCluster(values),
    github: githubAddress(values.GITHUB_API_URL),
    limits: {
      maxSessions: values.MAX_SESSIONS_PER_USER,
      maxRunning: values.MAX_RUNNING_PER_USER,
      maxStarts: values.MAX_CONCURRENT_STARTS,
    },
    idleTimeoutMs: values.IDLE_TIMEOUT_MINUTES * 60_000,
    wakeHoldMs: values.WAKE_HOLD_SECONDS * 1_000,
    defaultGitRepo: values.DEFAULT_GIT_REPO,
    logLevel: values.LOG_LEVEL,
  };
}

const composeAuth = (values: SettingValues): AuthConfig =>
  values.AUTH_MODE === "local"
    ? { mode: "local", email: values.LOCAL_EMAIL }
    : {
        mode: "proxy",
        edgeSecrets: [values.EDGE_SECRET, values.EDGE_SECRET_PREVIOUS].flatMap((text) =>
          text ? [new Secret(text)] : [],
        ),
      };

interface Names {
  readonly main: string;
  readonly sessionDomain: string;
  readonly address: string;
}

function composeUrls(values: SettingValues, { main, sessionDomain, address }: Names): Config["urls"] {
  const local = values.AUTH_MODE === "local";
  const proto = values.ROUTER_PROTO ?? (local ? "http" : "https");
  const namesResolve = !local || !/(^|\.)localhost$/.test(hostName(sessionDomain));
  const host = isIP(address) === 6 ? `[${address}]` : address;
  return {
    proto,
    main: `${proto}://${main}`,
    sessionPort: portPart(sessionDomain),
    // Without an edge in front, the attach listener is reached on its own port.
    attachPort: local ? `:${values.ATTACH_PORT}` : portPart(sessionDomain),
    signIn: local ? undefined : values.SIGN_IN_URL,
    attachOrigin: namesResolve ? undefined : `http://${host}:${values.ATTACH_PORT}`,
  };
}

const portPart = (host: string): string => /:\d+$/.exec(host)?.[0] ?? "";

/** What no variable can see alone. */
function contradictions(values: SettingValues, config: Config): string[] {
  const problems = [...grammarProblems(config.grammar)];
  problems.push(...clusterProblems(values));
  if (values.AUTH_MODE === "proxy" && values.EDGE_SECRET === undefined)
    problems.push("EDGE_SECRET: required with AUTH_MODE=proxy (or EDGE_SECRET_FILE)");
  if (values.AUTH_MODE === "local" && !isLoopback(config.listen.address))
    problems.push("BIND_ADDRESS: must be a loopback address such as 127.0.0.1 with AUTH_MODE=local");
  if (isIP(config.listen.address) === 0) problems.push("BIND_ADDRESS: must be an IP address");
  for (const [name, domain] of Object.entries({
    ROUTER_DOMAIN: values.ROUTER_DOMAIN,
    SESSION_DOMAIN: values.SESSION_DOMAIN,
    MAIN_HOST: values.MAIN_HOST,
  }))
    if (domain !== undefined && !/^[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?$/i.test(domain))
      problems.push(`${name}: must be a host name such as code.example.org, without scheme or path`);
  const { envFile, configFile, modelsFile } = config.sessions;
  for (const [name, path] of Object.entries({
    SESSION_ENV_FILE: envFile,
    SESSION_CONFIG_FILE: configFile,
    MODELS_FILE: modelsFile,
  }))
    if (path !== undefined && !isReadable(path)) problems.push(`${name}: the file ${path} cannot be read`);
  const tooDeep = maxSocketPathProblem(config.dataDir);
  if (tooDeep !== undefined) problems.push(`DATA_DIR: ${tooDeep}`);
  const ports = { PORT: values.PORT, ATTACH_PORT: values.ATTACH_PORT, INTERNAL_PORT: values.INTERNAL_PORT };
  if (new Set(Object.values(ports)).size < 3) problems.push("PORT, ATTACH_PORT and INTERNAL_PORT: must differ");
  return problems;
}

const isLoopback = (address: string): boolean =>
  address === "::1" || (isIP(address) === 4 && address.startsWith("127."));

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    // Whatever the reason: the person looks at the file that is named.
    return false;
  }
}
