import { formatHost, portHostPattern, type Host, type HostGrammar } from "../../contracts/hosts.ts";
import type { SessionHash } from "../../contracts/session-hash.ts";
import { devPortPattern } from "./dev-port-pattern.ts";

type SessionKind = Exclude<Host["kind"], "main">;

const PLACE = "{hash}" as SessionHash;
const HASH_PATTERN = "[0-9a-f]{12}";

/**
 * The host names of these kinds as one regular expression of Go, which Traefik does not anchor by itself. It is made by
 * what makes the names, so that the grammar is written once.
 */
export function hostPattern(kinds: readonly SessionKind[], grammar: HostGrammar): string {
  const names = kinds.map((kind) =>
    kind === "port" ? portHostPattern(PLACE, grammar) : formatHost({ kind, hash: PLACE }, grammar),
  );
  // Some programs send the dot of the root, and the router knows the name with it.
  return `^(?:${names.map(asPattern).join("|")})\\.?$`;
}

const asPattern = (name: string): string =>
  name
    .split(/(\{hash\}|\{port\})/)
    .map((part) => (part === "{hash}" ? HASH_PATTERN : part === "{port}" ? devPortPattern() : escaped(part)))
    .join("");

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** A rule of Traefik for host names of these kinds. */
export const hostRule = (kinds: readonly SessionKind[], grammar: HostGrammar): string =>
  `HostRegexp(\`${hostPattern(kinds, grammar)}\`)`;
