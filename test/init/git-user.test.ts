import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bakedConfig, git, runStep, scratchFolder, SHELLS, type Scratch } from "./run-step.ts";

describe.each(SHELLS)("who commits, by config.sh under %s", (shell) => {
  let scratch: Scratch;
  beforeEach(() => void (scratch = scratchFolder()));
  afterEach(() => scratch[Symbol.dispose]());

  const home = () => join(scratch.path, "home");
  const folder = () => join(home(), ".config/opencode-router");
  const file = () => join(folder(), "gitconfig");
  const run = (env: Record<string, string>) =>
    runStep(shell, "config.sh", { HOME: home(), BAKED_CONFIG: bakedConfig, ...env });
  const read = (key: string) => git(scratch.path, "config", "-f", file(), key);

  test("the owner's name and address are written as they are", async () => {
    for (const [name, email] of [
      ["Ann", "ann@example.org"],
      ["Ann; [x] # $(touch pwned) `id` \"quoted\" 'too' \\n é", 'o"dd\\x+y@example.org'],
      ["-x", "--global"],
      ["two\n[core]\n\tsshCommand = touch pwned", "a@b"],
    ] as const) {
      expect(await run({ GIT_USER_NAME: name, GIT_USER_EMAIL: email })).toEqual({ code: 0, stderr: "" });
      expect([read("user.name"), read("user.email")]).toEqual([name, email]);
      expect(git(scratch.path, "config", "-f", file(), "--list", "--name-only").split("\n")).toHaveLength(2);
      expect(readdirSync(folder())).toEqual(["gitconfig"]);
    }
    expect(existsSync(join(scratch.path, "pwned"))).toBe(false);
  });

  test("one of them may be left out; without both there is no file", async () => {
    await run({ GIT_USER_NAME: "", GIT_USER_EMAIL: "ann@example.org" });
    expect(git(scratch.path, "config", "-f", file(), "--list")).toBe("user.email=ann@example.org");
    expect((await run({ GIT_USER_NAME: "" })).code).toBe(0);
    expect(existsSync(file())).toBe(false);
  });

  test("what is broken, or was left by a kill, does not keep it from being written", async () => {
    mkdirSync(folder(), { recursive: true });
    const left = [".gitconfig.next", ".gitconfig.next.lock", "gitconfig"].map((name) => join(folder(), name));
    for (const path of [...left, join(home(), ".gitconfig")]) writeFileSync(path, "[broken");
    writeFileSync(join(scratch.path, "system"), `[include]\n\tpath = ${file()}\n`);
    const env = { GIT_CONFIG_SYSTEM: join(scratch.path, "system"), GIT_USER_EMAIL: "ann@example.org" };
    expect(await run(env)).toEqual({ code: 0, stderr: "" });
    expect(read("user.email")).toBe("ann@example.org");
  });
});
