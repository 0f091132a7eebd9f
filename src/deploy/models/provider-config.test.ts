import { expect, test } from "vitest";
import { openRouterModel, type SampleModel } from "../../../test/harness/openrouter-model.ts";
import { catalogueOf } from "./catalogue.ts";
import { modelsLayer } from "./provider-config.ts";
import { selectModels } from "./select.ts";

function layerOf(...models: SampleModel[]) {
  const catalogue = catalogueOf(models, 0);
  return modelsLayer(selectModels(catalogue, { paidLimit: 20, include: [], exclude: [] }));
}

test("a layer of opencode's configuration", () => {
  const free = openRouterModel("b/gift", {
    name: "Gift",
    pricing: { prompt: "0", completion: "0" },
    supported_parameters: ["tools"],
    architecture: { input_modalities: ["text"], output_modalities: ["text"] },
  });
  expect(layerOf(openRouterModel("a/model"), free)).toEqual({
    provider: {
      openrouter: {
        whitelist: ["a/model"],
        models: {
          "a/model": {
            name: "Sample: a/model · $0.6 in, $2.5 out",
            release_date: "2025-06-15",
            attachment: true,
            reasoning: true,
            temperature: true,
            tool_call: true,
            cost: { input: 0.6, output: 2.5, cache_read: 0.06 },
            limit: { context: 128_000, output: 16_000 },
            modalities: { input: ["text", "image"], output: ["text"] },
          },
        },
      },
      "openrouter-free": {
        whitelist: ["b/gift"],
        models: {
          "b/gift": {
            name: "Gift (free)",
            release_date: "2025-06-15",
            attachment: false,
            reasoning: false,
            temperature: false,
            tool_call: true,
            cost: { input: 0, output: 0 },
            limit: { context: 128_000, output: 16_000 },
            modalities: { input: ["text"], output: ["text"] },
          },
        },
      },
    },
  });
});

test.each<[string, Partial<SampleModel>]>([
  ["Sample: a/b · $3 in, $15 out", { pricing: { prompt: "0.000003", completion: "0.000015" } }],
  ["Sample: a/b · $0.000001 in, $100 out", { pricing: { prompt: "0.000000000001", completion: "0.0001" } }],
  ["Sample: a/b · $0 in, $0 out + $0.01 a request", { pricing: { prompt: "0", completion: "0", request: "0.01" } }],
  ["Sample: a/b (free)", { pricing: { prompt: "0", completion: "0" } }],
  ["A free one (free)", { name: "A free one (free)", pricing: { prompt: "0", completion: "0" } }],
])("is shown as %s", (name, other) => {
  const { openrouter, "openrouter-free": free } = layerOf(openRouterModel("a/b", other)).provider;
  expect({ ...openrouter.models, ...free.models }["a/b"]?.name).toBe(name);
});
