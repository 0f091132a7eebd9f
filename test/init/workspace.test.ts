import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Scratch, SHELLS, git, runStep, scratchFolder } from "./run-step.ts";

const script = fileURLToPath(new URL("../../images/opencode/rootfs/init/workspace.sh", import.meta.url));

describe.each(SHELLS)("workspace.sh under %s", (shell) => {
  let scratch: Scratch;
  beforeEach(() => {
    scratch = scratchFolder();
    makeRemote("remote");
  });
  afterEach(() => scratch[Symbol.dispose]());

  const at = (...parts: string[]) => join(scratch.path, ...parts);
  const workspace = () => at("home/workspace");
  const marker = () => at("home/state/workspace-v1");

  function makeRemote(name: string): string {
    mkdirSync(at(name));
    git(at(name), "init", "-q");
    writeFileSync(at(name, "file.txt"), "one\n");
    writeFileSync(at(name, ".gitignore"), "ignored\n");
    git(at(name), "add", ".");
    git(at(name), "commit", "-q", "-m", "first");
    git(at(name), "branch", "feature/there");
    return at(name);
  }

  const base = () => ({ HOME: at("home"), WORKSPACE: workspace(), STATE_DIR: at("home/state") });
  const run = (env: Record<string, string> = {}) =>
    runStep(shell, "workspace.sh", {
      ...base(),
      REPO_URL: at("remote"),
      BRANCH: "new/branch",
      SOURCE_BRANCH: "main",
      ...env,
    });

  test("makes the branch from the source branch", async () => {
    expect(await run()).toEqual({ code: 0, stderr: "" });
    expect(git(workspace(), "symbolic-ref", "HEAD")).toBe("refs/heads/new/branch");
    expect(git(workspace(), "rev-parse", "HEAD")).toBe(git(at("remote"), "rev-parse", "main"));
    expect(git(workspace(), "status", "--porcelain")).toBe("");
    expect(git(workspace(), "config", "remote.origin.url")).toBe(at("remote"));
    expect(() => git(workspace(), "rev-parse", "@{upstream}")).toThrow();
    expect(existsSync(marker())).toBe(true);
  });

  test("takes a branch that is on the remote, also the default one", async () => {
    git(at("remote"), "checkout", "-q", "feature/there");
    git(at("remote"), "commit", "-q", "--allow-empty", "-m", "second");
    git(at("remote"), "checkout", "-q", "main");
    expect((await run({ BRANCH: "feature/there" })).code).toBe(0);
    expect(git(workspace(), "rev-parse", "HEAD")).toBe(git(at("remote"), "rev-parse", "feature/there"));
    expect(git(workspace(), "rev-parse", "--abbrev-ref", "@{upstream}")).toBe("origin/feature/there");

    rmSync(at("home"), { recursive: true });
    expect((await run({ BRANCH: "main" })).code).toBe(0);
    expect(git(workspace(), "symbolic-ref", "HEAD")).toBe("refs/heads/main");
  });

  test("a blank project is an empty repository without a commit", async () => {
    expect(await run({ REPO_URL: "", BRANCH: "", SOURCE_BRANCH: "" })).toEqual({ code: 0, stderr: "" });
    expect(git(workspace(), "symbolic-ref", "HEAD")).toBe("refs/heads/main");
    expect(() => git(workspace(), "rev-parse", "HEAD")).toThrow();
  });

  test("once made, nothing of git can block a start or change the tree", async () => {
    await run();
    writeFileSync(join(workspace(), "file.txt"), "changed\n");
    writeFileSync(join(workspace(), "untracked"), "u");
    writeFileSync(join(workspace(), "ignored"), "i");
    const locks = ["index.lock", "HEAD.lock", "refs/heads/new/branch.lock"].map((name) =>
      join(workspace(), ".git", name),
    );
    for (const lock of locks) writeFileSync(lock, "");
    writeFileSync(at("home/.gitconfig.lock"), "");
    mkdirSync(join(workspace(), ".git/rebase-merge"));
    renameSync(at("remote"), at("gone"));
    const head = git(workspace(), "rev-parse", "HEAD");

    expect(await run({ BRANCH: "another" })).toEqual({ code: 0, stderr: "" });
    expect(readFileSync(join(workspace(), "file.txt"), "utf8")).toBe("changed\n");
    expect(existsSync(join(workspace(), "untracked"))).toBe(true);
    expect(existsSync(join(workspace(), "ignored"))).toBe(true);
    expect(existsSync(join(workspace(), ".git/rebase-merge"))).toBe(true);
    expect([...locks, at("home/.gitconfig.lock")].filter(existsSync)).toEqual([]);
    expect(git(workspace(), "rev-parse", "HEAD")).toBe(head);
    expect(git(workspace(), "symbolic-ref", "HEAD")).toBe("refs/heads/new/branch");
  });

  test("a repository that the person has removed stays away, and blocks no start", async () => {
    await run();
    rmSync(join(workspace(), ".git"), { recursive: true });
    expect(await run()).toEqual({ code: 0, stderr: "" });
    expect(readdirSync(workspace()).toSorted()).toEqual([".gitignore", "file.txt"]);
    rmSync(workspace(), { recursive: true });
    expect(await run()).toEqual({ code: 0, stderr: "" });
    expect(readdirSync(workspace())).toEqual([]);
  });

  test("a lock of the person's own in the tree is left", async () => {
    await run();
    writeFileSync(join(workspace(), "yarn.lock"), "mine");
    await run();
    expect(readFileSync(join(workspace(), "yarn.lock"), "utf8")).toBe("mine");
  });

  test("a half-done clone is thrown away, a finished one without its marker is kept", async () => {
    mkdirSync(at("home/workspace.partial/.git"), { recursive: true });
    expect((await run()).code).toBe(0);
    expect(existsSync(at("home/workspace.partial"))).toBe(false);

    writeFileSync(join(workspace(), "mine"), "x");
    rmSync(marker());
    expect((await run()).code).toBe(0);
    expect(readFileSync(join(workspace(), "mine"), "utf8")).toBe("x");
    expect(existsSync(marker())).toBe(true);
  });

  test("what is not ours is never thrown away", async () => {
    mkdirSync(workspace(), { recursive: true });
    writeFileSync(join(workspace(), "precious"), "x");
    const outcome = await run();
    expect(outcome.code).toBe(73);
    expect(readFileSync(join(workspace(), "precious"), "utf8")).toBe("x");
    expect(existsSync(marker())).toBe(false);
  });

  test("an empty folder where the workspace belongs is no obstacle", async () => {
    mkdirSync(workspace(), { recursive: true });
    expect((await run()).code).toBe(0);
  });

  test("killed at any moment and run again, it comes to the same end", async () => {
    for (let delayMs = 0; delayMs < 40; delayMs += 4) {
      rmSync(at("home"), { recursive: true, force: true });
      const env = { PATH: "/usr/bin:/bin", ...base(), REPO_URL: at("remote"), BRANCH: "b", SOURCE_BRANCH: "main" };
      const child = spawn(shell, [script], { env, detached: true, stdio: "ignore" });
      const exited = once(child, "exit");
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (child.exitCode === null) process.kill(-(child.pid ?? 0), "SIGKILL");
      await exited;
      expect(await run({ BRANCH: "b" })).toEqual({ code: 0, stderr: "" });
      expect(git(workspace(), "status", "--porcelain", "--branch")).toBe("## b");
      expect(readdirSync(at("home")).toSorted()).toEqual(["state", "workspace"]);
    }
  });

  test("failures have their own exit codes and git's own words, and leave no workspace", async () => {
    const gone = await run({ REPO_URL: at("nowhere") });
    expect(gone.code).toBe(69);
    expect(gone.stderr).toMatch(/^fatal: .*does not exist/m);

    const branch = await run({ SOURCE_BRANCH: "missing" });
    expect(branch.code).toBe(66);
    expect(branch.stderr).toContain("neither the branch nor its source branch is on the remote");

    expect((await run({ REPO_URL: "ext::sh -c touch% pwned" })).code).toBe(69);
    expect((await run({ WORKSPACE: "relative" })).code).toBe(64);
    expect((await run({ BRANCH: "" })).code).toBe(64);
    expect(existsSync(workspace())).toBe(false);
    expect(existsSync(marker())).toBe(false);
  });

  const HOSTILE = [
    "-q",
    "--upload-pack=touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "a;touch pwned",
    'a"b',
    "a'b",
    "a\nb",
    "a b",
    "é",
    "../x",
  ];

  test.each(HOSTILE)("a hostile value stays data: %j", async (value) => {
    for (const env of [{ BRANCH: value }, { SOURCE_BRANCH: value }, { REPO_URL: value }]) {
      rmSync(at("home"), { recursive: true, force: true });
      const { code } = await run(env);
      if (code === 0) expect(git(workspace(), "symbolic-ref", "--short", "HEAD")).toBe(env.BRANCH);
    }
    expect(readdirSync(scratch.path).filter((name) => name.includes("pwned"))).toEqual([]);
    expect(existsSync("pwned")).toBe(false);
  });

  test("paths with spaces, quotes and unicode work", async () => {
    const odd = makeRemote("ré mote's \"$(touch pwned)");
    const env = {
      WORKSPACE: at("home", "work 'space'\n\"$x"),
      STATE_DIR: at("home", "sta te"),
      REPO_URL: odd,
      BRANCH: "é'$x",
    };
    expect(await run(env)).toEqual({ code: 0, stderr: "" });
    expect(git(env.WORKSPACE, "symbolic-ref", "--short", "HEAD")).toBe(env.BRANCH);
    expect((await run(env)).code).toBe(0);
  });
});
