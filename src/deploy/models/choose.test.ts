import { describe, expect, test } from "vitest";
import { openRouterModel } from "../../../test/harness/openrouter-model.ts";
import { catalogueOf } from "./catalogue.ts";
import type { ModelSettings } from "../settings/settings.ts";
import { chooseModels, type ModelsPorts } from "./choose.ts";
import { ModelsFault } from "./fault.ts";

const OPTIONS: ModelSettings = {
  source: "live",
  url: "https://models.example/api/v1/models",
  required: false,
  paidLimit: 2,
  minCount: 2,
  include: [],
  exclude: [],
};

const models = (...ids: string[]) => ids.map((id) => openRouterModel(id));
const snapshot = { about: "", takenAt: "2026-01-31", models: catalogueOf(models("old/1", "old/2", "old/3"), 0) };
const refused = () =>
  Promise.reject(new ModelsFault(new URL(`${OPTIONS.url}?key=secret`), "it answers with status 503"));

const ports = (fetch: ModelsPorts["fetch"]): ModelsPorts => ({
  fetch,
  readSnapshot: () => Promise.resolve(snapshot),
  now: () => 0,
});
const answers = (...ids: string[]) => ports(() => Promise.resolve(models(...ids)));
const unasked = ports(() => Promise.reject(new Error("asked")));

async function choose(options: Partial<ModelSettings>, from: ModelsPorts) {
  const choice = await chooseModels({ ...OPTIONS, ...options }, from);
  if (choice.source === "none") return { ...choice, ids: [] };
  return { ...choice, ids: choice.models.provider.openrouter.whitelist };
}

test("live: what the list has", async () => {
  const choice = await choose({}, answers("c/1", "b/2", "a/3"));
  expect(choice).toMatchObject({ source: "live", ids: ["b/2", "c/1"], count: { paid: 2, free: 0 }, warnings: [] });
});

test("none and snapshot ask nobody", async () => {
  expect(await choose({ source: "none" }, unasked)).toEqual({ source: "none", ids: [] });
  expect(await choose({ source: "snapshot" }, unasked)).toMatchObject({
    source: "snapshot",
    yieldsToDeployed: false,
    ids: ["old/1", "old/2"],
    warnings: [],
  });
});

test("a fault: the snapshot stands in for what is not deployed yet, and the warning says why", async () => {
  expect(await choose({}, ports(refused))).toMatchObject({
    source: "snapshot",
    yieldsToDeployed: true,
    ids: ["old/1", "old/2"],
    warnings: [
      "The list of models at https://models.example/api/v1/models cannot be used: it answers with status 503. " +
        "The list that is deployed stays; where there is none yet, sessions get the snapshot of 2026-01-31.",
    ],
  });
});

test("required: a fault is an error with address, status and the way out", async () => {
  const outcome = choose({ required: true }, ports(refused));
  await expect(outcome).rejects.toThrow(
    "The list of models at https://models.example/api/v1/models cannot be used: it answers with status 503. " +
      "Because models.required is true, nothing is deployed without it. Try again later, or set models.source to " +
      "snapshot, or models.required to false.",
  );
});

test("too few that cost something are no list", async () => {
  expect(await choose({}, answers("a/1"))).toMatchObject({
    source: "snapshot",
    warnings: [expect.stringContaining("of its 1 models, 1 that cost something have tools, limits")],
  });
  expect(await choose({ minCount: 1 }, answers("a/1"))).toMatchObject({ source: "live", ids: ["a/1"] });
});

describe("never an empty list", () => {
  test("also when nothing is demanded", async () => {
    expect(await choose({ minCount: 0 }, answers())).toMatchObject({ source: "snapshot", ids: ["old/1", "old/2"] });
  });

  test.each<[string, Partial<ModelSettings>, ModelsPorts]>([
    ["of a live list", { exclude: ["*"] }, answers("a/1", "a/2")],
    ["of the snapshot", { source: "snapshot", paidLimit: 0 }, unasked],
    ["in place of a live one", { exclude: ["old/*"] }, ports(refused)],
  ])("nothing left %s is an error", async (_what, options, from) => {
    await expect(choose(options, from)).rejects.toThrow("leave no model: allow at least one");
  });
});

test("an included model that is not there is a warning", async () => {
  const { warnings } = (await choose({ include: ["no/such"] }, answers("a/1", "a/2"))) as { warnings?: string[] };
  expect(warnings).toEqual(["models.include: there is no usable model no/such."]);
});

test("a list that no config map would take is an error", async () => {
  const ids = Array.from({ length: 1500 }, (_, index) => `a/${"x".repeat(100)}-${index}`);
  await expect(choose({ paidLimit: 1500 }, answers(...ids))).rejects.toThrow("lower models.paidLimit");
});

test("what is no fault of the list is not hidden", async () => {
  await expect(choose({}, unasked)).rejects.toThrow("asked");
});
