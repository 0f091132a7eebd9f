import { mkdir, readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ContainerSession } from "./container-session.ts";
import { modelLayer } from "./model-layer.ts";

/** opencode writes it into files that have none. */
const $schema = "https://opencode.ai/config.json";
const FOLDER = "home/.config/opencode";

interface Effective {
  readonly model?: string;
  readonly share?: string;
  readonly autoupdate?: boolean;
  readonly username?: string;
  readonly instructions?: readonly string[];
  readonly provider: Readonly<Record<string, { readonly models?: Readonly<Record<string, { name: string }>> }>>;
}

/** What opencode itself says its configuration is, after the step has run on the volume. */
describe("the configuration of a session in its container", () => {
  let session: ContainerSession;
  beforeEach(async () => {
    session = await ContainerSession.create();
    expect((await session.runStep("workspace")).code).toBe(0);
  });
  afterEach(() => session[Symbol.asyncDispose]());

  const layer = (name: "models" | "overrides", text: string) => writeFile(session.path(`config/${name}.json`), text);

  async function bootAndAsk(): Promise<{ said: string; config: Effective }> {
    await session.remove();
    const { code, stderr: said } = await session.runStep("config", { env: session.configLayers });
    expect(code).toBe(0);
    await session.start();
    await session.untilReady();
    const { status, json } = await session.opencode("GET", "/config");
    expect(status).toBe(200);
    return { said, config: json as Effective };
  }

  test("nothing to merge: the baked defaults", async () => {
    const { said, config } = await bootAndAsk();
    expect(said).toBe("");
    expect(config).toMatchObject({ share: "disabled", autoupdate: false });
    expect(Object.keys(config.provider)).toEqual(["openrouter", "openrouter-free"]);
  });

  test("models, and overrides that win over them; lists are replaced", async () => {
    await layer("models", JSON.stringify({ ...modelLayer, instructions: ["a.md", "b.md"], username: "models" }));
    await layer("overrides", JSON.stringify({ share: "manual", username: "overrides", instructions: ["c.md"] }));
    const { said, config } = await bootAndAsk();
    expect(said).toBe("");
    expect(config).toMatchObject({
      model: "local/fake-1",
      autoupdate: false,
      share: "manual",
      username: "overrides",
      instructions: ["c.md"],
    });
    expect(config.provider["local"]?.models?.["fake-1"]?.name).toBe("Test model");
    expect(Object.keys(config.provider)).toContain("openrouter");
  });

  test("invalid JSON is named and survived, and used again when it is mended", async () => {
    await layer("models", '{"model": "local/fake-1",');
    await layer("overrides", JSON.stringify({ username: "overrides" }));
    const broken = await bootAndAsk();
    expect(broken.said).toContain("/config/models.json is not a valid JSON object");
    expect(broken.config.share).toBe("disabled");
    expect(broken.config).not.toHaveProperty("model");
    await layer("models", JSON.stringify(modelLayer));
    const mended = await bootAndAsk();
    expect(mended.said).toBe("");
    expect(mended.config).toMatchObject({ model: "local/fake-1", username: "overrides" });
  });

  test("the second start keeps the person's edits and renews what is managed", async () => {
    await layer("models", JSON.stringify({ ...modelLayer, username: "first" }));
    await bootAndAsk();
    const own = `{\n  // mine\n  "$schema": "${$schema}",\n  "share": "auto",\n}\n`;
    await writeFile(session.path(FOLDER, "opencode.jsonc"), own);
    await writeFile(session.path(FOLDER, "config.json"), '{"username": "not the place for edits"}');
    await layer("models", JSON.stringify({ ...modelLayer, username: "second" }));
    const { config } = await bootAndAsk();
    expect(config).toMatchObject({ share: "auto", username: "second", model: "local/fake-1" });
    expect(await readFile(session.path(FOLDER, "opencode.jsonc"), "utf8")).toBe(own);
  });

  test("a volume of an older version gets the new defaults and loses nothing of the person's", async () => {
    await mkdir(session.path(FOLDER, "agents"), { recursive: true });
    const agent = "---\ndescription: Mine\nmode: primary\n---\nBe brief.\n";
    const own = JSON.stringify({ $schema, username: "person", provider: { mine: { name: "Mine", models: {} } } });
    await writeFile(session.path(FOLDER, "config.json"), JSON.stringify({ share: "auto", provider: { gone: {} } }));
    await writeFile(session.path(FOLDER, ".config.json.next"), '{"share": "au');
    await writeFile(session.path(FOLDER, "opencode.json"), own);
    await writeFile(session.path(FOLDER, "agents/mine.md"), agent);
    await session.giveToSession();
    const { config } = await bootAndAsk();
    expect(config).toMatchObject({ share: "disabled", username: "person" });
    expect(Object.keys(config.provider).toSorted()).toEqual(["mine", "openrouter", "openrouter-free"]);
    expect(await readFile(session.path(FOLDER, "opencode.json"), "utf8")).toBe(own);
    expect(await readFile(session.path(FOLDER, "agents/mine.md"), "utf8")).toBe(agent);
    const { json: agents } = await session.opencode("GET", "/agent");
    expect((agents as { name: string }[]).map(({ name }) => name)).toContain("mine");
  });
});
