import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openRouterModel, type SampleModel } from "../../../test/harness/openrouter-model.ts";
import { CatalogueModel, catalogueOf } from "./catalogue.ts";
import { OpenRouterModel } from "./openrouter.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const read = (...models: SampleModel[]) =>
  catalogueOf(
    models.map((model) => OpenRouterModel.parse(model)),
    NOW,
  );
const one = (other: Partial<SampleModel>, id = "a/model") => read(openRouterModel(id, other))[0];

test("what opencode must know of a model", () => {
  expect(one({})).toEqual({
    id: "a/model",
    name: "Sample: a/model",
    rank: 1,
    free: false,
    released: "2025-06-15",
    context: 128_000,
    output: 16_000,
    cost: { input: 0.6, output: 2.5, cacheRead: 0.06 },
    reasoning: true,
    temperature: true,
    takes: ["text", "image"],
    gives: ["text"],
  });
});

test("sorted by id, and the place in the list is the rank of those that are left", () => {
  const unusable = openRouterModel("a/0", { supported_parameters: [] });
  const models = read(openRouterModel("b/1"), unusable, openRouterModel("B/1"), openRouterModel("a/1"));
  expect(models.map(({ id, rank }) => [id, rank])).toEqual([
    ["B/1", 2],
    ["a/1", 3],
    ["b/1", 1],
  ]);
});

describe("left out is a model", () => {
  test.each<[string, Partial<SampleModel>]>([
    ["without tools", { supported_parameters: ["temperature"] }],
    ["with a negative price of its input", { pricing: { prompt: "-1", completion: "0.1" } }],
    ["with a negative price of something else", { pricing: { prompt: "0", completion: "0", web_search: "-0.1" } }],
    ["with a price that is no number", { pricing: { prompt: "free", completion: "0.1" } }],
    ["with a price that is empty", { pricing: { prompt: "", completion: "0.1" } }],
    ["with a price without end", { pricing: { prompt: "Infinity", completion: "0.1" } }],
    ["without a price", { pricing: { completion: "0.1" } }],
    ["of unknown context", { context_length: null, top_provider: { context_length: null, max_completion_tokens: 9 } }],
    [
      "with a context of nothing",
      { context_length: 0, top_provider: { context_length: null, max_completion_tokens: 9 } },
    ],
    ["that has expired", { expiration_date: "2026-05-31" }],
    ["that gives images only", { architecture: { input_modalities: ["text"], output_modalities: ["image"] } }],
  ])("%s", (_what, other) => {
    expect(one(other)).toBeUndefined();
  });

  test("but not one that will expire", () => {
    expect(one({ expiration_date: "2026-07-01" })).toBeDefined();
  });
});

describe("free is a model", () => {
  test.each<[string, boolean, SampleModel["pricing"], string?]>([
    ["that costs nothing", true, { prompt: "0", completion: "0.0" }],
    ["with the suffix and no prices", true, {}, "a/model:free"],
    ["unless a request costs something", false, { prompt: "0", completion: "0", request: "0.01" }],
    ["unless its suffix is wrong", false, { prompt: "0.1", completion: "0" }, "a/model:free"],
  ])("%s", (_what, free, pricing, id) => {
    expect(one({ pricing }, id)?.free).toBe(free);
  });
});

test.each<[string, Partial<SampleModel>, number, number]>([
  ["the smaller context counts", { context_length: 1000 }, 1000, 1000],
  ["one context is enough", { context_length: null }, 128_000, 16_000],
  ["no output: a quarter", { top_provider: { context_length: 8000, max_completion_tokens: null } }, 8000, 2000],
  [
    "no output: at most 32,000",
    { top_provider: { context_length: null, max_completion_tokens: null } },
    200_000,
    32_000,
  ],
  ["no output: at least 1", { top_provider: { context_length: 2, max_completion_tokens: 0 } }, 2, 1],
])("limits: %s", (_what, other, context, output) => {
  expect(one(other)).toMatchObject({ context, output });
});

test("files are PDFs for opencode, and what it does not know is not told", () => {
  const architecture = { input_modalities: ["file", "text", "smell"], output_modalities: ["text", "image"] };
  expect(one({ architecture })).toMatchObject({ takes: ["pdf", "text"], gives: ["text", "image"] });
});

test("whatever the list says, what is left has limits and prices that the snapshot takes", () => {
  const price = fc.oneof(fc.double().map(String), fc.constantFrom("", "-1", "0", "1e-7", "0.0000012"), fc.string());
  const size = fc.oneof(fc.constant(null), fc.double(), fc.integer());
  const models = fc.record({
    created: fc.double({ noNaN: true }),
    context_length: size,
    pricing: fc.record({ prompt: price, completion: price, request: price }, { requiredKeys: [] }),
    top_provider: fc.record({ context_length: size, max_completion_tokens: size }),
  });
  fc.assert(
    fc.property(fc.array(models), (others) => {
      const sample = others.map((other, index) => openRouterModel(`a/${index}`, other as Partial<SampleModel>));
      const catalogue = catalogueOf(sample, NOW);
      for (const model of catalogue) {
        expect(CatalogueModel.safeParse(model)).toMatchObject({ success: true });
        expect(model.output).toBeLessThanOrEqual(model.context);
      }
    }),
  );
});
