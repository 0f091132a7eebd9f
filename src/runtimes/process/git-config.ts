import { join } from "node:path";

export interface GitConfigInput {
  readonly owner: string;
  readonly workspace: string;
  /** Home of the person whose own git settings apply, too. */
  readonly shareFrom?: string | undefined;
  /** Where the variable `GITHUB_TOKEN` of the session is good for. */
  readonly githubOrigin?: string | undefined;
}

/** A credential helper of git: tells the token when git asks for it, and leaves the question to others when there is none. */
const TOKEN_HELPER = `!f() { if [ "$1" = get ] && [ -n "$GITHUB_TOKEN" ]; then printf 'username=x-access-token\\npassword=%s\\n' "$GITHUB_TOKEN"; fi; }; f`;

/**
 * The session's system-wide git configuration: the lowest of git's layers, so that what a person sets in the session, in
 * their home or in the repository, wins over it.
 */
export function gitConfigText({ owner, workspace, shareFrom, githubOrigin }: GitConfigInput): string {
  const lines = [
    "[include]",
    `\tpath = ${quote("/etc/gitconfig")}`,
    "[user]",
    `\tname = ${quote(owner.split("@")[0] ?? owner)}`,
    `\temail = ${quote(owner)}`,
    "[safe]",
    `\tdirectory = ${quote(workspace)}`,
  ];
  if (githubOrigin !== undefined)
    lines.push(`[credential ${quote(githubOrigin)}]`, `\thelper = ${quote(TOKEN_HELPER)}`);
  if (shareFrom !== undefined) {
    lines.push("[include]");
    lines.push(`\tpath = ${quote(join(shareFrom, ".config/git/config"))}`);
    lines.push(`\tpath = ${quote(join(shareFrom, ".gitconfig"))}`);
  }
  return `${lines.join("\n")}\n`;
}

const quote = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
