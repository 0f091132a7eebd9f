import { chmod, readdir, rename, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeRepository } from "../harness/git-repository.ts";
import { ContainerSession } from "./container-session.ts";
import { INIT_DIR } from "./image.ts";
import { treeFingerprint } from "./tree-fingerprint.ts";

const FILES = { "README.md": "# Example\n", ".gitignore": "ignored\n" };
const REPOSITORY = { REPO_URL: "file:///remotes/project.git", BRANCH: "work/one", SOURCE_BRANCH: "main" };

/** What the person did before the restart, in the workspace. */
const BEFORE: Readonly<Record<string, string>> = {
  fresh: "true",
  clean: "echo more >>README.md && git commit -qam more",
  dirty: "echo staged >>README.md && git add README.md && echo not-staged >>README.md",
  untracked: "echo new >new.txt && echo secret >ignored && mkdir -p a/b && ln -s ../../new.txt a/b/link",
  detached: "git commit -q --allow-empty -m second && git checkout -q --detach HEAD~1 && echo lost >>README.md",
  "mid-rebase": `git checkout -q -b other && echo theirs >README.md && git commit -qam theirs
    git checkout -q work/one && echo mine >README.md && git commit -qam mine
    ! git rebase -q other && test -d .git/rebase-merge`,
  "with stale locks": "echo more >>README.md && touch .git/index.lock .git/HEAD.lock .git/refs/heads/main.lock",
};

/** Fails after git has done what is named, together with the script that called it. */
const KILLING_GIT = `#!/bin/sh
/usr/bin/git "$@"
code=$?
case " $* " in *" $KILL_AFTER "*) kill -9 $PPID ;; esac
exit $code
`;

describe("the workspace of a session in its container", () => {
  let session: ContainerSession;
  beforeEach(async () => {
    session = await ContainerSession.create();
    await makeRepository(session.path("remotes"), "project.git", { files: FILES });
    await session.giveToSession();
  });
  afterEach(() => session[Symbol.asyncDispose]());

  const inWorkspace = async (script: string) => {
    const identity = "export GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=T";
    const whole = `${identity} GIT_COMMITTER_EMAIL=t@example.org; cd "$WORKSPACE" && ${script}`;
    const { code, stdout, stderr } = await session.exec("sh", "-c", whole);
    expect({ code, said: code === 0 ? "" : stdout + stderr }).toEqual({ code: 0, said: "" });
    return stdout.trim();
  };
  const tree = () => treeFingerprint(session.path("home/workspace"));

  async function restartsUnchanged(env: Readonly<Record<string, string>>): Promise<void> {
    const state = await inWorkspace("git --no-optional-locks status --porcelain=v2 --branch --ignored");
    const before = await tree();
    await session.remove();
    await session.boot(env);
    expect(await tree()).toEqual(before);
    expect(await inWorkspace("git status --porcelain=v2 --branch --ignored")).toBe(state);
  }

  test.each(Object.entries(BEFORE))("%s, and a restart", async (_name, script) => {
    await session.boot(REPOSITORY);
    expect(await inWorkspace("git symbolic-ref --short HEAD")).toBe("work/one");
    await inWorkspace(script);
    await restartsUnchanged(REPOSITORY);
    await inWorkspace("git add --all && git stash list");
  });

  test("a blank project, and a restart", async () => {
    await session.boot();
    await inWorkspace("echo first >first.txt");
    await restartsUnchanged({});
  });

  test("the remote is gone at the restart", async () => {
    await session.boot(REPOSITORY);
    await inWorkspace("echo more >>README.md");
    await rename(session.path("remotes/project.git"), session.path("remotes/gone.git"));
    await restartsUnchanged(REPOSITORY);
  });

  test("the token has expired at the restart", async () => {
    const options = { root: "/remotes", basicAuth: "x-access-token:good" };
    const server = await session.startNeighbour("git-http-server", JSON.stringify(options));
    const [announced] = (await once(server.stdout, "data")) as [Buffer];
    const env = (token: string) => ({
      ...REPOSITORY,
      REPO_URL: `http://127.0.0.1:${announced.toString("utf8").trim()}/project.git`,
      TOKEN: token,
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "credential.helper",
      GIT_CONFIG_VALUE_0: `!f() { echo username=x-access-token; echo "password=$TOKEN"; }; f`,
    });
    const refused = await session.runStep("workspace", { env: env("expired") });
    expect(refused).toMatchObject({ code: 69 });
    expect(refused.stderr).toContain("Authentication failed");
    await session.boot(env("good"));
    await inWorkspace("echo more >>README.md");
    await restartsUnchanged(env("expired"));
  });

  test.each(["clone", "show-ref", "checkout"])("killed half-way, after git %s", async (command) => {
    await writeFile(session.path("programs/git"), KILLING_GIT);
    await chmod(session.path("programs/git"), 0o755);
    const env = { ...REPOSITORY, KILL_AFTER: command, PATH: "/programs:/usr/local/bin:/usr/bin:/bin" };
    const options = ["--entrypoint=/usr/bin/tini"];
    const killed = await session.run(["--", `${INIT_DIR}/workspace.sh`], { env, options });
    expect(killed.code).toBe(137);
    expect(await readdir(session.path("home"))).not.toContain("workspace");
    await session.boot(REPOSITORY);
    expect(await inWorkspace("git symbolic-ref --short HEAD && git status --porcelain && cat README.md")).toBe(
      "work/one\n# Example",
    );
    expect((await readdir(session.path("home"))).filter((name) => name.startsWith("workspace"))).toEqual(["workspace"]);
    await restartsUnchanged(REPOSITORY);
  });
});
