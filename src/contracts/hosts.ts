import { isDevPort } from "./dev-ports.ts";
import { isSessionHash, type SessionHash } from "./session-hash.ts";

/** The names that the host grammar is made of. All lower case, without a port. */
export interface HostGrammar {
  /** Host of the web UI and the API. */
  readonly mainHost: string;
  /** Domain one label below which all session hosts are. */
  readonly sessionDomain: string;
  /** What follows the hash in a session's label, e.g. `-oc`. */
  readonly routeSuffix: string;
  /** What stands before the hash in an attach host, e.g. `attach-`. */
  readonly attachPrefix: string;
}

export type Host =
  | { readonly kind: "main" }
  | { readonly kind: "session"; readonly hash: SessionHash }
  | { readonly kind: "port"; readonly hash: SessionHash; readonly port: number }
  | { readonly kind: "ide"; readonly hash: SessionHash }
  | { readonly kind: "attach"; readonly hash: SessionHash };

const HASH_LENGTH = 12;
const IDE_PREFIX = "ide-";
const MAX_LABEL = 63;

/** The host name of a Host header: lower case, without its port and one trailing dot. */
export function hostName(header: string): string {
  return header
    .toLowerCase()
    .replace(/:\d{0,5}$/, "")
    .replace(/\.$/, "");
}

/** What a Host header names, or undefined for any host that is not ours. */
export function parseHost(header: string | undefined, grammar: HostGrammar): Host | undefined {
  if (header === undefined) return undefined;
  const name = hostName(header);
  if (name === grammar.mainHost) return { kind: "main" };
  const dot = name.indexOf(".");
  if (dot < 0 || dot > MAX_LABEL || name.slice(dot + 1) !== grammar.sessionDomain) return undefined;
  return parseLabel(name.slice(0, dot), grammar);
}

function parseLabel(label: string, { routeSuffix, attachPrefix }: HostGrammar): Host | undefined {
  if (!label.endsWith(routeSuffix)) return undefined;
  const stem = label.slice(0, label.length - routeSuffix.length);
  const hash = stem.slice(-HASH_LENGTH);
  if (!isSessionHash(hash)) return undefined;
  const prefix = stem.slice(0, -HASH_LENGTH);
  if (prefix === "") return { kind: "session", hash };
  if (prefix === attachPrefix) return { kind: "attach", hash };
  if (prefix === IDE_PREFIX) return { kind: "ide", hash };
  const port = /^([1-9]\d{3,4})-$/.exec(prefix)?.[1];
  return port !== undefined && isDevPort(Number(port)) ? { kind: "port", hash, port: Number(port) } : undefined;
}

/** The host name (without a port) of what a host names: the inverse of `parseHost`. */
export function formatHost(host: Host, grammar: HostGrammar): string {
  if (host.kind === "main") return grammar.mainHost;
  return `${labelPrefix(host, grammar)}${host.hash}${grammar.routeSuffix}.${grammar.sessionDomain}`;
}

/** The host name of each dev server of a session, with `{port}` in the place of its port. */
export const portHostPattern = (hash: SessionHash, { routeSuffix, sessionDomain }: HostGrammar): string =>
  `{port}-${hash}${routeSuffix}.${sessionDomain}`;

function labelPrefix(host: Exclude<Host, { kind: "main" }>, grammar: HostGrammar): string {
  switch (host.kind) {
    case "session":
      return "";
    case "attach":
      return grammar.attachPrefix;
    case "ide":
      return IDE_PREFIX;
    case "port":
      return `${host.port}-`;
  }
}

/** Why a suffix and a prefix cannot be used, as sentences; empty when they can. */
export function grammarProblems({ routeSuffix, attachPrefix }: HostGrammar): string[] {
  const problems: string[] = [];
  if (!/^(?:[a-z0-9-]*[a-z0-9])?$/.test(routeSuffix))
    problems.push("ROUTE_SUFFIX: use lower-case letters, digits and hyphens, and end with a letter or digit");
  if (!/^[a-z](?:[a-z0-9-]*)-$/.test(attachPrefix) || attachPrefix === IDE_PREFIX)
    problems.push('ATTACH_ROUTE_PREFIX: start with a letter, end with a hyphen, and do not use "ide-"');
  if (Math.max(attachPrefix.length, 6) + HASH_LENGTH + routeSuffix.length > MAX_LABEL)
    problems.push("ROUTE_SUFFIX and ATTACH_ROUTE_PREFIX: together too long for one DNS label of 63 characters");
  return problems;
}
