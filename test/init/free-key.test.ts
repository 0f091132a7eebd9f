import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SESSION_FILES, sessionFiles } from "../../src/deploy/router/session-files.ts";
import { read } from "../../src/deploy/settings/stack.fixture.ts";
import { bakedConfig, runStep, scratchFolder } from "./run-step.ts";

interface Provider {
  readonly options: { readonly apiKey: string; readonly baseURL: string };
}

/** What opencode reads in a session of a stack with these values. */
async function configOf(given: Readonly<Record<string, string>>) {
  using scratch = scratchFolder();
  const overrides = sessionFiles(read(given).sessions)[SESSION_FILES.config];
  const file = join(scratch.path, "overrides.json");
  if (overrides !== undefined) writeFileSync(file, overrides);
  const env = { HOME: scratch.path, BAKED_CONFIG: bakedConfig, OVERRIDES_CONFIG: file };
  expect(await runStep("dash", "config.sh", env)).toEqual({ code: 0, stderr: "" });
  return JSON.parse(readFileSync(join(scratch.path, ".config/opencode/config.json"), "utf8")) as {
    readonly share: string;
    readonly provider: Readonly<Record<string, Provider>>;
  };
}

const keysOf = async (given: Readonly<Record<string, string>>) => {
  const { provider } = await configOf(given);
  return { paid: provider["openrouter"]?.options.apiKey, free: provider["openrouter-free"]?.options.apiKey };
};

test("the free models take the key of the others, unless the stack has one for them", async () => {
  const first = "{env:OPENROUTER_API_KEY}";
  expect(await keysOf({ "openrouter.apiKey": "one" })).toEqual({ paid: first, free: first });
  const both = { paid: first, free: "{env:OPENROUTER_FREE_API_KEY}" };
  expect(await keysOf({ "openrouter.apiKey": "one", "openrouter.freeApiKey": "two" })).toEqual(both);
  expect(await keysOf({ "openrouter.freeApiKey": "two" })).toEqual(both);
  expect(await keysOf({ "sessions.secretEnv": '{"OPENROUTER_FREE_API_KEY":"two"}' })).toEqual(both);
});

test("the operator's overrides stay beside the key of the free models, and win over it", async () => {
  const overrides = {
    share: "manual",
    provider: { "openrouter-free": { options: { baseURL: "https://proxy.example.org" } } },
  };
  const given = { "openrouter.freeApiKey": "two", "sessions.configOverrides": JSON.stringify(overrides) };
  const config = await configOf(given);
  expect(config.share).toBe("manual");
  expect(config.provider["openrouter-free"]?.options).toEqual({
    apiKey: "{env:OPENROUTER_FREE_API_KEY}",
    baseURL: "https://proxy.example.org",
  });
  const own = { provider: { "openrouter-free": { options: { apiKey: "{env:MY_KEY}" } } } };
  expect((await keysOf({ ...given, "sessions.configOverrides": JSON.stringify(own) })).free).toBe("{env:MY_KEY}");
});
