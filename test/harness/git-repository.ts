import { execFile } from "node:child_process";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The person's own git configuration stays out of the tests. */
const ENV = {
  PATH: process.env.PATH,
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "Test",
  GIT_AUTHOR_EMAIL: "test@example.org",
  GIT_COMMITTER_NAME: "Test",
  GIT_COMMITTER_EMAIL: "test@example.org",
};

/** Runs git with a configuration of nobody, and gives its standard output. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await run("git", args, { cwd, env: ENV });
  return stdout.trim();
}

/** Makes the bare repository `<root>/<name>` with one commit on each of the branches (the first is HEAD). */
export async function makeRepository(
  root: string,
  name: string,
  { branches = ["main"], files = { "README.md": "# Example\n" } as Record<string, string> } = {},
): Promise<string> {
  const bare = join(root, name);
  const work = await mkdtemp(join(root, ".work-"));
  const [first = "main", ...others] = branches;
  try {
    await git(root, "init", "--quiet", "--bare", `--initial-branch=${first}`, bare);
    await git(work, "init", "--quiet", `--initial-branch=${first}`);
    for (const [path, content] of Object.entries(files)) await writeFile(join(work, path), content);
    await git(work, "add", "--all");
    await git(work, "commit", "--quiet", "--allow-empty", "-m", "Begin");
    for (const branch of others) await git(work, "branch", branch);
    await git(work, "push", "--quiet", bare, "--all");
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return bare;
}

/** Breaks a bare repository so that its branches can be listed but not fetched. @returns what repairs it */
export async function breakRepository(bare: string): Promise<() => Promise<void>> {
  const tree = await git(bare, "rev-parse", "HEAD^{tree}");
  const file = join(bare, "objects", tree.slice(0, 2), tree.slice(2));
  const hidden = join(bare, "hidden");
  await rename(file, hidden);
  return () => rename(hidden, file);
}
