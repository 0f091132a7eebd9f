import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Writes a configuration that makes opencode talk to a model server of the test, and to nothing else. */
export async function writeOpencodeHome(home: string, modelUrl: string): Promise<void> {
  const folder = join(home, ".config", "opencode");
  // Looks like an installed @opencode-ai/plugin: opencode would fetch it from the npm registry otherwise.
  await mkdir(join(folder, "node_modules"), { recursive: true });
  const dependencies = { "@opencode-ai/plugin": "*" };
  await writeFile(join(folder, "package.json"), JSON.stringify({ dependencies }));
  await writeFile(join(folder, "package-lock.json"), JSON.stringify({ packages: { "": { dependencies } } }));
  const model = { name: "Test model", limit: { context: 100_000, output: 8_000 }, tool_call: true };
  const provider = {
    npm: "@ai-sdk/openai-compatible",
    name: "Local",
    options: { baseURL: modelUrl, apiKey: "test" },
    models: { "fake-1": model },
  };
  const config = { model: "local/fake-1", enabled_providers: ["local"], provider: { local: provider } };
  await writeFile(join(folder, "opencode.json"), JSON.stringify(config));
}
