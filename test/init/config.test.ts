import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Scratch, SHELLS, bakedConfig, runStep, scratchFolder } from "./run-step.ts";

describe.each(SHELLS)("config.sh under %s", (shell) => {
  let scratch: Scratch;
  beforeEach(() => void (scratch = scratchFolder()));
  afterEach(() => scratch[Symbol.dispose]());

  const dir = () => join(scratch.path, "home/.config/opencode");
  const file = (name: string, content: unknown): string => {
    const path = join(scratch.path, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };
  const run = (env: Record<string, string>) =>
    runStep(shell, "config.sh", { HOME: join(scratch.path, "home"), ...env });
  const managed = () => JSON.parse(readFileSync(join(dir(), "config.json"), "utf8")) as Record<string, unknown>;

  test("merges deeply, later wins, arrays are replaced", async () => {
    const outcome = await run({
      BAKED_CONFIG: file("baked.json", { a: { x: 1, y: 1, list: [1, 2] }, keep: true }),
      MODELS_CONFIG: file("models.json", { a: { y: 2, list: [3] } }),
      OVERRIDES_CONFIG: file('over ride\'s "$(touch pwned)".json', { a: { z: { deep: 3 } }, keep: false }),
    });
    expect(outcome).toEqual({ code: 0, stderr: "" });
    expect(managed()).toEqual({ a: { x: 1, y: 2, list: [3], z: { deep: 3 } }, keep: false });
    expect(readdirSync(dir()).filter((name) => name.endsWith(".next"))).toEqual([]);
  });

  test("a layer that is not configured or not there is no layer", async () => {
    const outcome = await run({
      BAKED_CONFIG: bakedConfig,
      MODELS_CONFIG: "",
      OVERRIDES_CONFIG: join(scratch.path, "none.json"),
    });
    expect(outcome).toEqual({ code: 0, stderr: "" });
    expect(managed()).toEqual(JSON.parse(readFileSync(bakedConfig, "utf8")));
  });

  test.each([
    ["broken JSON", '{"a": '],
    ["an empty file", ""],
    ["an array", "[]"],
    ["two documents", '{"a":1} {"b":2}'],
  ])("%s in a layer: the error names the file and the baked configuration is used", async (_what, content) => {
    const bad = file("bad layer.json", content);
    const outcome = await run({
      BAKED_CONFIG: file("baked.json", { baked: true }),
      MODELS_CONFIG: file("models.json", { models: true }),
      OVERRIDES_CONFIG: bad,
    });
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain(`${bad} is not a valid JSON object`);
    expect(outcome.stderr).not.toContain("models.json is not");
    expect(managed()).toEqual({ baked: true });
  });

  test("two documents in one layer do not make up for an empty one", async () => {
    const outcome = await run({
      BAKED_CONFIG: file("baked.json", { baked: true }),
      MODELS_CONFIG: file("models.json", "{} {}"),
      OVERRIDES_CONFIG: file("overrides.json", ""),
    });
    expect(outcome.stderr).toContain("models.json is not");
    expect(outcome.stderr).toContain("overrides.json is not");
  });

  test("broken defaults are an error of their own", async () => {
    const outcome = await run({ BAKED_CONFIG: file("baked.json", "nonsense") });
    expect(outcome.code).toBe(65);
    expect(outcome.stderr).toContain("baked.json is not a valid JSON object");
  });

  test("missing variables and folders that cannot be written are told apart", async () => {
    expect((await run({})).code).toBe(64);
    const blocked = await run({ BAKED_CONFIG: bakedConfig, CONFIG_DIR: join(file("in-the-way", "x"), "opencode") });
    expect(blocked.code).toBe(74);
    expect(blocked.stderr).toContain("cannot create");
  });

  test("a person's own files survive every start, ours is written again", async () => {
    await run({ BAKED_CONFIG: file("baked.json", { version: 1 }) });
    writeFileSync(join(dir(), "opencode.jsonc"), '{ "theme": "mine" } // mine');
    writeFileSync(join(dir(), "opencode.json"), '{ "model": "mine" }');
    writeFileSync(join(dir(), "config.json"), "half-writ");
    await run({ BAKED_CONFIG: file("baked.json", { version: 2 }) });
    expect(managed()).toEqual({ version: 2 });
    expect(readFileSync(join(dir(), "opencode.jsonc"), "utf8")).toBe('{ "theme": "mine" } // mine');
    expect(readFileSync(join(dir(), "opencode.json"), "utf8")).toBe('{ "model": "mine" }');
  });

  test("looks as if the plugin package were installed, until the person has plugins", async () => {
    const baked = file("baked.json", {});
    await run({ BAKED_CONFIG: baked });
    expect(readdirSync(join(dir(), "node_modules"))).toEqual([]);
    const lock = JSON.parse(readFileSync(join(dir(), "package-lock.json"), "utf8")) as {
      packages: { "": { dependencies: object } };
    };
    expect(lock.packages[""].dependencies).toHaveProperty("@opencode-ai/plugin");

    mkdirSync(join(dir(), "plugin"));
    await run({ BAKED_CONFIG: baked });
    expect(existsSync(join(dir(), "package-lock.json"))).toBe(false);

    rmSync(join(dir(), "plugin"), { recursive: true });
    writeFileSync(join(dir(), "package.json"), '{"dependencies":{"mine":"1"}}');
    await run({ BAKED_CONFIG: baked });
    expect(readFileSync(join(dir(), "package.json"), "utf8")).toBe('{"dependencies":{"mine":"1"}}');
    expect(existsSync(join(dir(), "package-lock.json"))).toBe(false);
  });
});
