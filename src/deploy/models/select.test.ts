import { expect, test } from "vitest";
import { openRouterModel } from "../../../test/harness/openrouter-model.ts";
import { catalogueOf } from "./catalogue.ts";
import { selectModels, type SelectOptions } from "./select.ts";

/** The most popular first. */
const catalogue = catalogueOf(
  [
    ...["z/top", "b/second", "c/third", "a/last"].map((id) => openRouterModel(id)),
    ...["y/one:free", "x/two:free"].map((id) => openRouterModel(id, { pricing: {} })),
  ],
  0,
);

test.each<[string, Partial<SelectOptions>, string[], string[]]>([
  ["the most popular, sorted by id", { paidLimit: 2 }, ["b/second", "z/top"], ["x/two:free", "y/one:free"]],
  [
    "included ones come on top",
    { paidLimit: 1, include: ["a/last"] },
    ["a/last", "z/top"],
    ["x/two:free", "y/one:free"],
  ],
  ["none but the included", { paidLimit: 0, include: ["*/*t"] }, ["a/last"], ["x/two:free", "y/one:free"]],
  [
    "the next takes an excluded one's place",
    { paidLimit: 1, exclude: ["z/*"] },
    ["b/second"],
    ["x/two:free", "y/one:free"],
  ],
  [
    "excluded wins over included",
    { paidLimit: 1, include: ["a/last"], exclude: ["a/last"] },
    ["z/top"],
    ["x/two:free", "y/one:free"],
  ],
  ["without free ones", { paidLimit: 1, exclude: ["*:free"] }, ["z/top"], []],
  [
    "a pattern is of the whole id, and only * is special",
    { paidLimit: 1, exclude: ["z/t", "./*", "(", "z/t?p"] },
    ["z/top"],
    ["x/two:free", "y/one:free"],
  ],
])("%s", (_what, options, paid, free) => {
  const selection = selectModels(catalogue, { paidLimit: 20, include: [], exclude: [], ...options });
  expect(selection.paid.map(({ id }) => id)).toEqual(paid);
  expect(selection.free.map(({ id }) => id)).toEqual(free);
});

test("what is included and not there is told", () => {
  const options = { paidLimit: 1, include: ["a/last", "no/such", "no/*", "b/*"], exclude: [] };
  expect(selectModels(catalogue, options).unknown).toEqual(["no/such", "no/*"]);
});
