import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join, relative } from "node:path";

/** git rewrites its index when it only looks; opencode notes its project's id; locks are what a restart has to remove. */
const NOT_THE_PERSONS = /^\.git\/(?:index|opencode|.*\.lock)$/;

/** Every file of a work tree and of its repository, with mode and digest: `path mode digest`, sorted. */
export async function treeFingerprint(root: string): Promise<string[]> {
  const lines: string[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const path = relative(root, file);
    if (entry.isDirectory() || NOT_THE_PERSONS.test(path)) continue;
    const content = entry.isSymbolicLink() ? await readlink(file) : await readFile(file);
    const { mode } = await lstat(file);
    lines.push(`${path} ${mode.toString(8)} ${createHash("sha256").update(content).digest("hex")}`);
  }
  return lines.toSorted();
}
