import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { catalogueOf, type CatalogueModel } from "../../src/deploy/models/catalogue.ts";
import { modelsJson, modelsLayer } from "../../src/deploy/models/provider-config.ts";
import { selectModels, type SelectOptions } from "../../src/deploy/models/select.ts";
import { readSnapshot } from "../../src/deploy/models/snapshot.ts";
import { bakedConfig, runStep, scratchFolder, type Scratch } from "../init/run-step.ts";
import { opencodeBinary } from "../harness/opencode-binary.ts";
import { openRouterModel } from "../harness/openrouter-model.ts";

/** What `opencode models --verbose` tells of a model. */
interface Offered {
  readonly id: string;
  readonly providerID: string;
  readonly name: string;
  readonly limit: { readonly context: number; readonly output: number };
  readonly cost: { readonly input: number; readonly output: number; readonly cache: { readonly read: number } };
  readonly capabilities: { readonly toolcall: boolean; readonly attachment: boolean; readonly reasoning: boolean };
}

let scratch: Scratch;
beforeEach(() => void (scratch = scratchFolder()));
afterEach(() => scratch[Symbol.dispose]());

/** Which of our two providers' models the real opencode offers, with the list merged over the baked configuration. */
async function offered(catalogue: readonly CatalogueModel[], options: Partial<SelectOptions>): Promise<Offered[]> {
  const selection = selectModels(catalogue, { paidLimit: 20, include: [], exclude: [], ...options });
  const models = join(scratch.path, "models.json");
  await writeFile(models, modelsJson(modelsLayer(selection)));
  const HOME = join(scratch.path, "home");
  await mkdir(HOME);
  const step = await runStep("dash", "config.sh", { HOME, BAKED_CONFIG: bakedConfig, MODELS_CONFIG: models });
  expect(step).toEqual({ code: 0, stderr: "" });
  const env = {
    HOME,
    PATH: "/usr/bin:/bin",
    OPENROUTER_API_KEY: "none",
    OPENCODE_DISABLE_MODELS_FETCH: "1",
    OPENCODE_DISABLE_AUTOUPDATE: "1",
  };
  const { stdout } = await promisify(execFile)(opencodeBinary(), ["models", "--verbose"], {
    env,
    cwd: HOME,
    maxBuffer: 32 * 1024 * 1024,
    timeout: 100_000,
  });
  // A line with provider and id before each object.
  const objects = stdout.split(/^[\w-]+\/\S+$/m).slice(1);
  const all = objects.map((text) => JSON.parse(text) as Offered);
  return all.filter(({ providerID }) => providerID.startsWith("openrouter"));
}

const namesOf = (models: readonly { id: string }[]) => models.map(({ id }) => id).toSorted();

test("opencode offers the chosen models and no others, with limits and prices also of those that it never heard of", async () => {
  const { models } = await readSnapshot();
  const known = models.filter(({ rank }) => rank <= 3);
  const added = catalogueOf(
    [openRouterModel("new/model"), openRouterModel("new/model:free", { pricing: { prompt: "0", completion: "0" } })],
    0,
  );
  const found = await offered([...known, ...added], {});
  expect(namesOf(found)).toEqual(namesOf([...known, ...added]));
  const byName = new Map(found.map((model) => [model.id, model]));
  for (const { id, context, output, cost, free } of [...known, ...added])
    expect(byName.get(id), id).toMatchObject({
      providerID: free ? "openrouter-free" : "openrouter",
      limit: { context, output },
      cost: { input: cost.input, output: cost.output, cache: { read: cost.cacheRead ?? 0 } },
      capabilities: { toolcall: true, attachment: true },
    });
  expect(byName.get("new/model")?.name).toBe("Sample: new/model · $0.6 in, $2.5 out");
});

test("without models that cost something, opencode offers none of those that it knows itself", async () => {
  const { models } = await readSnapshot();
  const found = await offered(models, { paidLimit: 0 });
  expect(namesOf(found)).toEqual(namesOf(models.filter(({ free }) => free)));
});
