import { lstat, mkdir, rm, stat, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";

const AUTH = ".local/share/opencode/auth.json";

/**
 * Links the person's own opencode sign-ins into a session's home, unless the session has sign-ins of its own.
 * Without a person, a link that was made earlier goes away.
 */
export async function shareAuth(home: string, personHome: string | undefined): Promise<void> {
  const target = join(home, AUTH);
  const present = await lstat(target).catch(() => undefined);
  if (present !== undefined && !present.isSymbolicLink()) return;
  if (present !== undefined) await rm(target, { force: true });
  if (personHome === undefined) return;
  const source = join(personHome, AUTH);
  if (!(await stat(source).catch(() => undefined))?.isFile()) return;
  await mkdir(dirname(target), { recursive: true });
  await symlink(source, target);
}
