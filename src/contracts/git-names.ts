/** Names of branches and addresses of repositories, as people type them. */

const MAX_BRANCH_BYTES = 240;

const BRANCH_RULES: readonly { readonly when: RegExp; readonly says: string }[] = [
  { when: /^$/, says: "must not be empty" },
  { when: /^-/, says: "must not begin with a dash" },
  { when: /^(HEAD|@)$/, says: "must not be HEAD or @, which mean something else to git" },
  { when: /[\p{Cc}\p{Cs}]/u, says: "must not have control characters" },
  { when: /\s/, says: "must not have spaces" },
  { when: /[~^:?*[\\]/, says: "must not have any of ~ ^ : ? * [ \\" },
  { when: /@\{/, says: "must not have @{ in it" },
  { when: /\.\./, says: "must not have two dots in a row" },
  { when: /^\/|\/$|\/\//, says: "must not begin or end with a slash, or have two in a row" },
  { when: /(^|\/)\./, says: "must not have a dot at the beginning or after a slash" },
  { when: /\.lock(\/|$)/, says: "must not have a part that ends with .lock" },
  { when: /\.$/, says: "must not end with a dot" },
];

/** @returns what is wrong with the name of a branch, as a sentence; undefined when git takes it. */
export function branchProblem(name: string): string | undefined {
  const broken = BRANCH_RULES.find((rule) => rule.when.test(name));
  if (broken) return `A branch name ${broken.says}.`;
  if (new TextEncoder().encode(name).length > MAX_BRANCH_BYTES) return "The branch name is too long.";
  return undefined;
}

export interface RepoUrlRules {
  /** Whether an absolute path and `file://` are taken: on a person's own machine. */
  readonly allowLocal: boolean;
  /** `host` or `host:port` that may be private and may be asked over plain http. */
  readonly allowedHosts: readonly string[];
}

/** A repository behind a network. IPv6 addresses have no brackets here. */
export interface RemoteRepo {
  readonly url: string;
  readonly kind: "https" | "http" | "ssh";
  readonly host: string;
  /** The port of the protocol when the URL names none. */
  readonly port: number;
}

export interface LocalRepo {
  readonly url: string;
  readonly kind: "local";
}

export type RepoUrl =
  | ({ readonly ok: true } & (RemoteRepo | LocalRepo))
  | { readonly ok: false; readonly message: string };

const refuse = (message: string): RepoUrl => ({ ok: false, message });

const HOST = String.raw`(?<host>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?|\[[0-9A-Fa-f:.]+\])`;
const USER = String.raw`[A-Za-z0-9_][A-Za-z0-9._-]*@`;
const WEB = new RegExp(String.raw`^(?<scheme>https?)://${HOST}(?::(?<port>\d{1,5}))?(?:/[^?#\\]*)?$`, "i");
const SSH = new RegExp(String.raw`^ssh://(?:${USER})?${HOST}(?::(?<port>\d{1,5}))?/[^?#\\]+$`, "i");
/** `git@host:path`. Two colons are a transport helper of git, which may run programs. */
const SCP = new RegExp(String.raw`^${USER}${HOST}:(?![:-]|//)[^?#\\]+$`);

const DEFAULT_PORTS = { https: 443, http: 80, ssh: 22 } as const;

/** @returns where the repository is, or a sentence that says why it is not taken. Nothing is looked up. */
export function parseRepoUrl(text: string, rules: RepoUrlRules): RepoUrl {
  const url = text.trim();
  if (url === "") return refuse("Give the URL of a repository.");
  if (url.startsWith("-")) return refuse("A repository URL must not begin with a dash.");
  if (/[\p{Cc}\p{Cs}]/u.test(url)) return refuse("A repository URL must not have control characters.");
  if (url.startsWith("/") || /^file:/i.test(url)) return parseLocal(url, rules);
  if (/\s/.test(url)) return refuse("A repository URL must not have spaces.");
  if (hasCredentials(url)) return refuse("Leave user name and password out of the repository URL.");
  const web = WEB.exec(url)?.groups;
  if (web) return parseWeb(url, web, rules);
  const ssh = (url.includes("://") ? SSH : SCP).exec(url)?.groups;
  if (ssh) return remote(url, "ssh", ssh);
  return refuse("Give a repository URL that begins with https:// or ssh://, or looks like git@host:path.");
}

function parseLocal(url: string, { allowLocal }: RepoUrlRules): RepoUrl {
  if (!allowLocal)
    return refuse("Repositories on this machine's disk are not possible here. Give an https or ssh URL.");
  if (!/^(file:\/\/)?\//i.test(url)) return refuse("A file URL of a repository looks like file:///absolute/path.");
  return { ok: true, url, kind: "local" };
}

/** A user name alone is how ssh is used; in front of a web host it is half of a password. */
function hasCredentials(url: string): boolean {
  const [, scheme, authority = ""] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(url) ?? [];
  const at = authority.lastIndexOf("@");
  return at >= 0 && (scheme?.toLowerCase() !== "ssh" || authority.slice(0, at).includes(":"));
}

function parseWeb(url: string, groups: Record<string, string | undefined>, rules: RepoUrlRules): RepoUrl {
  const kind = groups.scheme?.toLowerCase() === "http" ? "http" : "https";
  const parsed = remote(url, kind, groups);
  if (kind === "http" && parsed.ok && parsed.kind === "http" && !isAllowedHost(parsed, rules.allowedHosts))
    return refuse("Plain http is not safe. Give an https or ssh URL.");
  return parsed;
}

function remote(url: string, kind: RemoteRepo["kind"], groups: Record<string, string | undefined>): RepoUrl {
  const host = (groups.host ?? "").toLowerCase().replace(/^\[(.*)\]$/, "$1");
  const port = Number(groups.port ?? DEFAULT_PORTS[kind]);
  if (port < 1 || port > 65_535) return refuse("The port in the repository URL is not between 1 and 65535.");
  return { ok: true, url, kind, host, port };
}

/** Whether the operator has listed the host, with this port or without one. */
export function isAllowedHost(
  { host, port }: { readonly host: string; readonly port: number },
  allowedHosts: readonly string[],
): boolean {
  const name = host.includes(":") ? `[${host}]` : host;
  return allowedHosts.some((entry) => [host, name, `${name}:${port}`].includes(entry.toLowerCase()));
}
