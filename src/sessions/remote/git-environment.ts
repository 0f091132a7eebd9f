import type { LocalRepo, RemoteRepo } from "../../contracts/git-names.ts";
import type { Secret } from "../../lib/secret.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface GitAccess {
  /** The router's own environment: where programs and certificates are, and in local mode the person's settings. */
  readonly base: Environment;
  /** Whether the person's own git and ssh configuration may supply credentials. */
  readonly personal: boolean;
  /** The addresses that were checked; git connects to these and to no other. */
  readonly addresses: readonly string[];
  readonly token?: Secret;
}

/** What a program needs that is not a credential. */
const NEUTRAL = ["PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"];
/** Of the person's own git settings; all others could point git at another repository. */
const PERSONAL_GIT = /^GIT_(SSL_|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)$)/;

/**
 * The environment for one `git` on one repository: one protocol, pinned addresses, no redirects, no questions. Secrets go
 * this way, because arguments can be read by every user of the machine.
 */
export function gitEnvironment(repo: RemoteRepo | LocalRepo, access: GitAccess): NodeJS.ProcessEnv {
  return {
    ...(access.personal ? personalBase(access.base) : neutralBase(access.base)),
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "false",
    SSH_ASKPASS: "false",
    SSH_ASKPASS_REQUIRE: "never",
    GCM_INTERACTIVE: "never",
    GIT_ALLOW_PROTOCOL: repo.kind === "local" ? "file" : repo.kind,
    ...(repo.kind === "ssh" ? { GIT_SSH_COMMAND: sshCommand(repo, access) } : {}),
    ...configEntries(repo.kind === "https" || repo.kind === "http" ? webConfig(repo, access) : []),
  };
}

function neutralBase(base: Environment): Environment {
  const neutral = Object.fromEntries(NEUTRAL.map((name) => [name, base[name]]));
  return { ...neutral, HOME: "/nonexistent", GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" };
}

function personalBase(base: Environment): Environment {
  const kept = Object.entries(base).filter(([name]) => !name.startsWith("GIT_") || PERSONAL_GIT.test(name));
  return Object.fromEntries(kept);
}

function webConfig(repo: RemoteRepo, { addresses, token }: GitAccess): [string, string][] {
  const pinned = addresses.map((address) => (address.includes(":") ? `[${address}]` : address)).join(",");
  const config: [string, string][] = [
    ["http.followRedirects", "false"],
    ["http.curloptResolve", `${bracketed(repo.host)}:${repo.port}:${pinned}`],
  ];
  // For this origin only, whatever git may be led to.
  const origin = `${repo.kind}://${bracketed(repo.host)}:${repo.port}/`;
  if (token) config.push([`http.${origin}.extraHeader`, `Authorization: ${basicCredentials(token)}`]);
  return config;
}

/** How GitHub and others take a token over HTTP Basic. */
export const basicCredentials = (token: Secret): string =>
  `Basic ${Buffer.from(`x-access-token:${token.reveal()}`).toString("base64")}`;

function configEntries(config: readonly [string, string][]): Environment {
  const entries = config.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(config.length), ...Object.fromEntries(entries) };
}

const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host);

/** git gives this to a shell: host and addresses have been checked to be just that, and are quoted. */
function sshCommand(repo: RemoteRepo, { addresses, personal }: GitAccess): string {
  const options = [
    "BatchMode=yes",
    "StrictHostKeyChecking=accept-new",
    `HostName=${addresses[0]}`,
    `HostKeyAlias=${repo.port === 22 ? repo.host : `[${repo.host}]:${repo.port}`}`,
    ...(personal ? [] : ["IdentityFile=none", "IdentityAgent=none", "UserKnownHostsFile=/dev/null"]),
  ];
  const configuration = personal ? [] : ["-F", "none"];
  return ["ssh", ...configuration, ...options.flatMap((option) => ["-o", `'${option}'`])].join(" ");
}
