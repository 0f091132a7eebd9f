import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Scratch, SHELLS, bakedConfig, runStep, scratchFolder } from "./run-step.ts";

const script = fileURLToPath(new URL("../../images/opencode/rootfs/init/config.sh", import.meta.url));

describe.each(SHELLS)("config.sh under %s", (shell) => {
  let scratch: Scratch;
  beforeEach(() => void (scratch = scratchFolder()));
  afterEach(() => scratch[Symbol.dispose]());

  const at = (...parts: string[]) => join(scratch.path, ...parts);
  const config = (...parts: string[]) => at("home/.config/opencode", ...parts);
  const urlsFile = () => at("home/.config/opencode-router/urls.json");
  const write = (path: string, content: string): string => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
  const defaults = (version: string, ...skills: string[]): string => {
    const folder = at(version);
    for (const skill of skills) write(join(folder, "skills", skill, "SKILL.md"), `${skill} of ${version}`);
    return write(join(folder, "opencode.json"), "{}");
  };
  const run = (env: Record<string, string>) => runStep(shell, "config.sh", { HOME: at("home"), ...env });

  test("brings the platform's agents and skills", async () => {
    expect(await run({ BAKED_CONFIG: bakedConfig })).toEqual({ code: 0, stderr: "" });
    expect(readdirSync(config("skills/opencode-router")).toSorted()).toEqual(["dev-server", "git-workflow"]);
    expect(readdirSync(config("agents/opencode-router"))).toEqual(["review-branch.md"]);
  });

  test("refreshes them on every start, and leaves the person's own beside them", async () => {
    await run({ BAKED_CONFIG: defaults("the old one", "stays", "goes") });
    write(config("skills/mine/SKILL.md"), "mine");
    write(config("agents/mine.md"), "mine");
    write(config("skills/opencode-router/stays/SKILL.md"), "changed");
    write(config("skills/.opencode-router.next/half/SKILL.md"), "half-writ");

    expect(await run({ BAKED_CONFIG: defaults('the "new" $(touch pwned)\none', "stays") })).toEqual({
      code: 0,
      stderr: "",
    });
    expect(readFileSync(config("skills/opencode-router/stays/SKILL.md"), "utf8")).toContain('stays of the "new"');
    expect(readdirSync(config("skills")).toSorted()).toEqual(["mine", "opencode-router"]);
    expect(readdirSync(config("skills/opencode-router"))).toEqual(["stays"]);
    expect(readFileSync(config("skills/mine/SKILL.md"), "utf8")).toBe("mine");
    expect(readFileSync(config("agents/mine.md"), "utf8")).toBe("mine");

    expect((await run({ BAKED_CONFIG: defaults("none") })).code).toBe(0);
    expect(readdirSync(config("skills"))).toEqual(["mine"]);
  });

  test("goes on without them where the person's own file is in the way", async () => {
    write(config("skills"), "mine");
    const outcome = await run({ BAKED_CONFIG: bakedConfig });
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain("skills/opencode-router: go on without it");
    expect(readFileSync(config("skills"), "utf8")).toBe("mine");
    expect(existsSync(config("agents/opencode-router/review-branch.md"))).toBe(true);
  });

  test.each([
    "https://{port}-0123456789ab-oc.example.org/",
    "-n",
    'a "quote" and a \\ back\\nslash',
    "$(touch pwned)`touch pwned`;touch pwned",
    "two\nlines",
    "é {port} ☃",
  ])("writes the URL of dev servers as it is: %j", async (url) => {
    expect(await run({ BAKED_CONFIG: bakedConfig, OPENCODE_ROUTER_PORT_URL: url })).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(readFileSync(urlsFile(), "utf8"))).toEqual({ port: url });
    expect(existsSync("pwned")).toBe(false);

    expect((await run({ BAKED_CONFIG: bakedConfig })).code).toBe(0);
    expect(existsSync(urlsFile())).toBe(false);
  });

  test("hostile names of files and folders stay names, and hostile content stays data", async () => {
    const odd = at('-rf é\'s "$(touch pwned)"\n`touch pwned`');
    const value = { "$(touch pwned)": ["--arg", "é\n`x`", '"'] };
    const outcome = await run({
      BAKED_CONFIG: write(join(odd, "-n.json"), '{"a":1}'),
      MODELS_CONFIG: write(join(odd, "$(touch pwned).json"), JSON.stringify(value)),
      OVERRIDES_CONFIG: write(join(odd, "bad\n.json"), "{"),
      CONFIG_DIR: join(odd, "config"),
    });
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain("is not a valid JSON object");
    await run({
      BAKED_CONFIG: join(odd, "-n.json"),
      MODELS_CONFIG: join(odd, "$(touch pwned).json"),
      CONFIG_DIR: join(odd, "config"),
    });
    expect(JSON.parse(readFileSync(join(odd, "config/config.json"), "utf8"))).toEqual({ a: 1, ...value });
    expect(existsSync("pwned")).toBe(false);
  });

  test("killed at any moment and run again, it comes to the same end", async () => {
    const env = { PATH: "/usr/bin:/bin", HOME: at("home"), BAKED_CONFIG: bakedConfig, OPENCODE_ROUTER_PORT_URL: "u" };
    for (let delayMs = 0; delayMs < 40; delayMs += 4) {
      const child = spawn(shell, [script], { env, detached: true, stdio: "ignore" });
      const exited = once(child, "exit");
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (child.exitCode === null) process.kill(-(child.pid ?? 0), "SIGKILL");
      await exited;
      expect(await run(env)).toEqual({ code: 0, stderr: "" });
      expect(readdirSync(config("skills"))).toEqual(["opencode-router"]);
      expect(JSON.parse(readFileSync(config("config.json"), "utf8"))).toEqual(
        JSON.parse(readFileSync(bakedConfig, "utf8")),
      );
      expect(readFileSync(urlsFile(), "utf8")).toContain('"u"');
    }
  });
});
