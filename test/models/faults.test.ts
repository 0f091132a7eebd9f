import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { chooseModels } from "../../src/deploy/models/choose.ts";
import type { ModelSettings } from "../../src/deploy/settings/settings.ts";
import { fetchModels, LIMITS, type FetchLimits } from "../../src/deploy/models/fetch.ts";
import { readSnapshot } from "../../src/deploy/models/snapshot.ts";
import { deployModels, type DeployedModels } from "../harness/deployed-models.ts";
import { startOpenRouter, type OpenRouter } from "../harness/openrouter.ts";
import type { BehaviourName } from "../programs/openrouter-behaviour.ts";

/** As they are, but for not waiting between tries. */
const QUICK: FetchLimits = { ...LIMITS, answerMs: 30_000, firstDelayMs: 10 };
const IMPATIENT: FetchLimits = { ...QUICK, answerMs: 500 };

/** What `test/programs/openrouter-behaviour.ts` has in its good list: the 20 most popular of 30, and all 5 free ones. */
const ids = (kind: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${kind}/model-${from + index}`);
const GOOD = { paid: ids("paid", 980, 999), free: ids("free", 995, 999).map((id) => `${id}:free`) };

let openRouter: OpenRouter;
beforeAll(async () => {
  openRouter = await startOpenRouter();
});
afterAll(() => openRouter[Symbol.asyncDispose]());
beforeEach(() => {
  for (const name of ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "NO_PROXY", "no_proxy"])
    vi.stubEnv(name, "");
});
afterEach(() => vi.unstubAllEnvs());

interface Deployment {
  readonly limits?: FetchLimits;
  readonly options?: Partial<ModelSettings>;
  readonly before?: DeployedModels;
}

/** What `pulumi up` leaves in the cluster while OpenRouter behaves like this. */
async function deploy(behaviour: BehaviourName, { limits = QUICK, options = {}, before }: Deployment = {}) {
  const url = openRouter.url(behaviour);
  const choice = await chooseModels(
    { source: "live", url, required: false, paidLimit: 20, minCount: 10, include: [], exclude: [], ...options },
    { fetch: (url) => fetchModels(url, limits), readSnapshot: () => readSnapshot(), now: Date.now },
  );
  if (choice.source === "none") throw new Error("There is no list to deploy.");
  return deployModels(choice, before);
}

interface List {
  readonly whitelist: readonly string[];
  readonly models: Readonly<Record<string, { readonly limit: { readonly context: number } }>>;
}

function listsOf({ configMap }: DeployedModels): { paid: readonly string[]; free: readonly string[] } {
  const text = (configMap["data"] as Record<string, string>)["models.json"] ?? "";
  const { provider } = JSON.parse(text) as { provider: Record<"openrouter" | "openrouter-free", List> };
  for (const { whitelist, models } of Object.values(provider)) {
    expect(Object.keys(models)).toEqual(whitelist);
    for (const { limit } of Object.values(models)) expect(limit.context).toBeGreaterThan(0);
  }
  return { paid: provider.openrouter.whitelist, free: provider["openrouter-free"].whitelist };
}

/** The snapshot's: the first list where there was none. */
async function snapshotIds() {
  const { models } = await readSnapshot();
  const ranked = models.toSorted((a, b) => a.rank - b.rank);
  const idsOf = (chosen: typeof models) => chosen.map(({ id }) => id).toSorted((a, b) => (a < b ? -1 : 1));
  return {
    paid: idsOf(ranked.filter(({ free }) => !free).slice(0, 20)),
    free: idsOf(ranked.filter(({ free }) => free)),
  };
}

const sentence = (behaviour: BehaviourName, why: string, takenAt: string) =>
  `The list of models at ${openRouter.url(behaviour)} cannot be used: ${why}. ` +
  `The list that is deployed stays; where there is none yet, sessions get the snapshot of ${takenAt}.`;

interface Fault {
  readonly behaviour: BehaviourName;
  readonly why: string;
  /** How many requests that takes. */
  readonly requests: number;
  readonly limits?: FetchLimits;
}

const SHAPE = "its answer does not have the expected shape";

const FAULTS: readonly Fault[] = [
  { behaviour: "429", why: "it answers with status 429, 3 times", requests: 3 },
  { behaviour: "429-long", why: "it answers with status 429 and asks us to wait for 3600 s", requests: 1 },
  { behaviour: "500", why: "it answers with status 500, 3 times", requests: 3 },
  { behaviour: "403", why: "it answers with status 403", requests: 1 },
  { behaviour: "moved", why: "it answers with status 302", requests: 1 },
  { behaviour: "slow", why: "it did not answer within 0.5 s, 3 times", requests: 3, limits: IMPATIENT },
  { behaviour: "slow-body", why: "it did not answer within 0.5 s, 3 times", requests: 3, limits: IMPATIENT },
  { behaviour: "truncated", why: "its answer broke off, 3 times", requests: 3 },
  { behaviour: "cut-json", why: "its answer is not valid JSON", requests: 1 },
  {
    behaviour: "shape",
    why: `${SHAPE} (data: Invalid input: expected array, received undefined)`,
    requests: 1,
  },
  {
    behaviour: "shape-entries",
    why: `${SHAPE} (pricing: Invalid input: expected record, received string), in 35 of 35 entries`,
    requests: 1,
  },
  { behaviour: "html", why: "its answer is text/html, not JSON", requests: 1 },
  { behaviour: "empty", why: "its list is empty", requests: 1 },
  {
    behaviour: "negative",
    why: "of its 35 models, 0 that cost something have tools, limits and prices of at least 0, and there should be 10",
    requests: 1,
  },
  { behaviour: "loop", why: "its pages go round in a circle", requests: 3 },
  { behaviour: "self", why: "its pages go round in a circle", requests: 1 },
  { behaviour: "endless", why: "it has more than 20 pages", requests: 20 },
  { behaviour: "elsewhere", why: "its next page is at another place", requests: 1 },
  { behaviour: "large", why: "it is larger than 5 MB", requests: 1 },
  { behaviour: "large-pages", why: "it is larger than 5 MB", requests: 5 },
  { behaviour: "flood", why: "it is larger than 5 MB", requests: 1 },
];

describe.each(FAULTS)("OpenRouter's fault: $behaviour", ({ behaviour, why, requests, limits = QUICK }) => {
  test("the deployed list stays, and the warning says why", async () => {
    const before = await deploy("good");
    expect(listsOf(before)).toEqual(GOOD);
    const asked = (await openRouter.requests(behaviour)).length;
    const after = await deploy(behaviour, { limits, before });
    expect(after.configMap).toEqual(before.configMap);
    expect(after).toMatchObject({ source: "live", count: { paid: 20, free: 5 } });
    const { takenAt } = await readSnapshot();
    expect(after.warnings).toEqual([expect.stringContaining(sentence(behaviour, why, takenAt))]);
    expect((await openRouter.requests(behaviour)).length - asked).toBe(requests);
  });
});

test("a fault on an empty stack: the snapshot", async () => {
  const first = await deploy("500");
  const { takenAt } = await readSnapshot();
  expect(listsOf(first)).toEqual(await snapshotIds());
  expect(first.source).toBe(`snapshot of ${takenAt}`);
  const second = await deploy("good", { before: first });
  expect(listsOf(second)).toEqual(GOOD);
  expect(second).toMatchObject({ source: "live", warnings: [] });
});

test("models.required: the same fault is an error that names address, status and the way out", async () => {
  await expect(deploy("500", { options: { required: true } })).rejects.toThrow(
    `The list of models at ${openRouter.url("500")} cannot be used: it answers with status 500, 3 times. Because ` +
      "models.required is true, nothing is deployed without it. Try again later, or set models.source to snapshot, " +
      "or models.required to false.",
  );
});

test("nobody there", async () => {
  const gone = await startOpenRouter();
  const url = gone.url("good");
  await gone[Symbol.asyncDispose]();
  await expect(fetchModels(url, QUICK)).rejects.toThrow("it cannot be reached (ECONNREFUSED), 3 times");
});

test("hanging up before an answer", async () => {
  await expect(fetchModels(openRouter.url("hangup"), QUICK)).rejects.toThrow(/^it cannot be reached \(.+\), 3 times$/);
});

test("all tries together have an end, too", async () => {
  const limits = { ...QUICK, totalMs: 4_000 };
  await expect(fetchModels(openRouter.url("slow"), limits)).rejects.toThrow("it took too long in all");
  await expect(fetchModels(openRouter.url("500"), { ...limits, firstDelayMs: 15_000 })).rejects.toThrow("status 500");
});

describe("no fault is", () => {
  test.each<[string, BehaviourName]>([
    ["a refusal that ends", "429-once"],
    ["trouble that ends", "500-twice"],
    ["an entry that is not understood", "odd-entries"],
    ["a price that is negative or none", "some-negative"],
  ])("%s", async (_what, behaviour) => {
    const deployed = await deploy(behaviour);
    expect(listsOf(deployed)).toEqual(GOOD);
    expect(deployed.warnings).toEqual([]);
  });

  test("a list of 600 in pages, of which the most popular and all free ones are taken", async () => {
    const deployed = await deploy("pages");
    expect(listsOf(deployed)).toEqual({
      paid: GOOD.paid,
      free: ids("free", 950, 999).map((id) => `${id}:free`),
    });
    const asked = await openRouter.requests("pages");
    expect(asked).toHaveLength(3);
    expect(asked[0]).toBe("/pages/api/v1/models?supported_parameters=tools&sort=most-popular");
  });
});

test("the same list makes the same config map", async () => {
  const before = await deploy("good");
  expect((await deploy("good", { before })).configMap).toEqual(before.configMap);
  expect((await deploy("some-negative", { before })).configMap).toEqual(before.configMap);
});
