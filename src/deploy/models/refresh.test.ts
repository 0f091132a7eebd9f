import { expect, test } from "vitest";
import { openRouterModel, type SampleModel } from "../../../test/harness/openrouter-model.ts";
import { catalogueOf } from "./catalogue.ts";
import { changes } from "./refresh.ts";

const catalogue = (...models: SampleModel[]) => catalogueOf(models, 0);

test("tells what came, went and is different, and not who became more popular", () => {
  const pricing = { prompt: "0.0000012", completion: "0.0000025" };
  const before = catalogue(openRouterModel("a/gone"), openRouterModel("b/same"), openRouterModel("c/dearer"));
  const after = catalogue(
    openRouterModel("d/new"),
    openRouterModel("c/dearer", { pricing }),
    openRouterModel("b/same"),
  );
  expect(changes(before, after)).toEqual([
    "- a/gone",
    '~ c/dearer: cost {"input":0.6,"output":2.5,"cacheRead":0.06} → {"input":1.2,"output":2.5}',
    "+ d/new",
  ]);
  expect(changes(after, after)).toEqual([]);
});
