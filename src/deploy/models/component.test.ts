import { expect, test } from "vitest";
import { deployModels } from "../../../test/harness/deployed-models.ts";
import { openRouterModel } from "../../../test/harness/openrouter-model.ts";
import { catalogueOf } from "./catalogue.ts";
import type { ModelsConfigMapArgs } from "./component.ts";
import { modelsJson, modelsLayer } from "./provider-config.ts";
import { selectModels } from "./select.ts";

const ALL = { paidLimit: 100, include: [], exclude: [] };

function layerOf(...ids: string[]) {
  const models = ids.map((id) => openRouterModel(id));
  return modelsLayer(selectModels(catalogueOf(models, 0), ALL));
}

const live = (...ids: string[]): ModelsConfigMapArgs["choice"] => ({
  source: "live",
  models: layerOf(...ids),
  count: { paid: ids.length, free: 0 },
  warnings: [],
});

const snapshot = (yieldsToDeployed: boolean, ...ids: string[]): ModelsConfigMapArgs["choice"] => ({
  ...live(...ids),
  source: "snapshot",
  takenAt: "2026-09-25",
  yieldsToDeployed,
  warnings: yieldsToDeployed ? ["It was not to be had."] : [],
});

const list = (...ids: string[]) => ({ "models.json": modelsJson(layerOf(...ids)) });

test("the list is the one file of a config map of its own", async () => {
  const { configMap, source, count, warnings } = await deployModels(live("a/1", "a/2"));
  expect(configMap).toEqual({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: "opencode-models",
      namespace: "sessions",
      labels: { a: "b" },
      annotations: { "opencode-router.dev/models-source": "live" },
    },
    data: list("a/1", "a/2"),
  });
  expect({ source, count, warnings }).toEqual({ source: "live", count: { paid: 2, free: 0 }, warnings: [] });
});

test("a list that could not be fetched leaves the deployed one, and the outputs tell of that one", async () => {
  const before = await deployModels(live("a/1", "a/2"));
  const after = await deployModels(snapshot(true, "a/3"), before);
  expect(after.configMap).toEqual(before.configMap);
  expect(after).toMatchObject({ source: "live", count: { paid: 2, free: 0 } });
  expect(after.warnings).toEqual([expect.stringContaining("It was not to be had.")]);
});

test("without a deployed list the snapshot is used, and a later fault does not replace it", async () => {
  const first = await deployModels(snapshot(true, "a/3"));
  expect(first).toMatchObject({ configMap: { data: list("a/3") }, source: "snapshot of 2026-09-25" });
  const second = await deployModels(snapshot(true, "a/4"), first);
  expect(second.configMap["data"]).toEqual(list("a/3"));
});

test("the next list that is fetched replaces what was kept", async () => {
  const kept = await deployModels(snapshot(true, "a/3"), await deployModels(live("a/1")));
  const { configMap, source } = await deployModels(live("a/5"), kept);
  expect(configMap["data"]).toEqual(list("a/5"));
  expect(source).toBe("live");
});

test("a snapshot that the operator asks for replaces the deployed list", async () => {
  const { configMap, source } = await deployModels(snapshot(false, "a/3"), await deployModels(live("a/1")));
  expect(configMap["data"]).toEqual(list("a/3"));
  expect(source).toBe("snapshot of 2026-09-25");
});
