import type { Secret } from "../../lib/secret.ts";

/** The name that GitHub takes with every kind of token. */
const USERNAME = "x-access-token";

export interface Known {
  /** Whom the token may be told to. */
  readonly origin: string;
  readonly token: Secret | null;
}

/**
 * The answer to a question in git's credential protocol (lines of `key=value`, see git-credential(1)); empty when there is
 * no token, or the question is about another place.
 */
export function credentialAnswer(question: string, { origin, token }: Known): string {
  if (token === null || askedOrigin(question) !== origin) return "";
  return `username=${USERNAME}\npassword=${token.reveal()}\n`;
}

function askedOrigin(question: string): string | undefined {
  const fields = new Map(question.split("\n").map((line) => splitAtFirst(line, "=")));
  const { protocol = "", host = "" } = Object.fromEntries(fields);
  // Only a name or an address, and a port: nothing that a URL would take for something else.
  if (!/^https?$/.test(protocol) || !/^[\w.-]+(?::\d+)?$/.test(host)) return undefined;
  const url = `${protocol}://${host}`;
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

function splitAtFirst(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
