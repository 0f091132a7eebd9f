import { join } from "node:path";

export interface GitConfigInput {
  readonly owner: string;
  readonly workspace: string;
  /** Home of the person whose own git settings apply, too. */
  readonly shareFrom?: string | undefined;
}

/**
 * The session's system-wide git configuration: the lowest of git's layers, so that what a person sets in the session, in
 * their home or in the repository, wins over it.
 */
export function gitConfigText({ owner, workspace, shareFrom }: GitConfigInput): string {
  const lines = [
    "[include]",
    `\tpath = ${quote("/etc/gitconfig")}`,
    "[user]",
    `\tname = ${quote(owner.split("@")[0] ?? owner)}`,
    `\temail = ${quote(owner)}`,
    "[safe]",
    `\tdirectory = ${quote(workspace)}`,
  ];
  if (shareFrom !== undefined) {
    lines.push("[include]");
    lines.push(`\tpath = ${quote(join(shareFrom, ".config/git/config"))}`);
    lines.push(`\tpath = ${quote(join(shareFrom, ".gitconfig"))}`);
  }
  return `${lines.join("\n")}\n`;
}

const quote = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
