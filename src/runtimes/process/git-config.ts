import { join } from "node:path";

export interface GitConfigInput {
  readonly workspace: string;
  /** Home of the person whose own git settings apply, too. */
  readonly shareFrom?: string | undefined;
  /** Who tells git the token for GitHub. */
  readonly credentials?: { readonly origin: string; readonly command: readonly string[] } | undefined;
}

/**
 * The session's system-wide git configuration: the lowest of git's layers, so that what a person sets in the session, in
 * their home or in the repository, wins over it. Who the owner is, the init step `config.sh` has written.
 */
export function gitConfigText({ workspace, shareFrom, credentials }: GitConfigInput): string {
  const lines = [
    "[include]",
    `\tpath = ${quote("/etc/gitconfig")}`,
    `\tpath = ${quote("~/.config/opencode-router/gitconfig")}`,
    "[init]",
    "\tdefaultBranch = main",
    "[safe]",
    `\tdirectory = ${quote(workspace)}`,
    `\tdirectory = ${quote(`${workspace}.partial`)}`,
  ];
  if (credentials !== undefined)
    lines.push(
      `[credential ${quote(credentials.origin)}]`,
      `\thelper = ${quote(`!${credentials.command.map(shellQuote).join(" ")}`)}`,
    );
  if (shareFrom !== undefined) {
    lines.push("[include]");
    lines.push(`\tpath = ${quote(join(shareFrom, ".config/git/config"))}`);
    lines.push(`\tpath = ${quote(join(shareFrom, ".gitconfig"))}`);
  }
  return `${lines.join("\n")}\n`;
}

const quote = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
