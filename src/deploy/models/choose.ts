import type { ModelSettings } from "../settings/settings.ts";
import { catalogueOf, type CatalogueModel } from "./catalogue.ts";
import { ModelsFault, NoModels } from "./fault.ts";
import type { OpenRouterModel } from "./openrouter.ts";
import { modelsJson, modelsLayer, type ModelsLayer } from "./provider-config.ts";
import { selectModels } from "./select.ts";
import type { Snapshot } from "./snapshot.ts";

export interface ModelCount {
  readonly paid: number;
  readonly free: number;
}

interface Chosen {
  readonly models: ModelsLayer;
  readonly count: ModelCount;
  readonly warnings: readonly string[];
}

export type ModelsChoice =
  | { readonly source: "none" }
  | (Chosen & { readonly source: "live" })
  | (Chosen & {
      readonly source: "snapshot";
      /** ISO date. */
      readonly takenAt: string;
      /** Whether a list that is already deployed is better: this one only stands in for a list that could not be fetched. */
      readonly yieldsToDeployed: boolean;
    });

export interface ModelsPorts {
  /** @throws ModelsFault */
  fetch(url: string): Promise<readonly OpenRouterModel[]>;
  readSnapshot(): Promise<Snapshot>;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** A config map takes 1 MiB with everything that belongs to it. */
const MAX_BYTES = 512 * 1024;

/** Which models the sessions get. @throws NoModels when there is no list that they should get. */
export async function chooseModels(options: ModelSettings, ports: ModelsPorts): Promise<ModelsChoice> {
  if (options.source === "none") return { source: "none" };
  if (options.source === "snapshot") return fromSnapshot(options, await ports.readSnapshot(), undefined);
  const live = await fetchCatalogue(options, ports);
  if (!(live instanceof ModelsFault)) return { source: "live", ...chosen(options, live) };
  if (options.required) throw new NoModels(`${live.sentence} ${WAYS_OUT}`, { cause: live });
  return fromSnapshot(options, await ports.readSnapshot(), live);
}

const WAYS_OUT =
  "Because models.required is true, nothing is deployed without it. Try again later, or set models.source to snapshot, " +
  "or models.required to false.";

async function fetchCatalogue(options: ModelSettings, ports: ModelsPorts): Promise<CatalogueModel[] | ModelsFault> {
  try {
    return enough(await ports.fetch(options.url), options, ports.now());
  } catch (error) {
    if (error instanceof ModelsFault) return error;
    throw error;
  }
}

/** @throws ModelsFault when too few of the models can be used. */
export function enough(
  models: readonly OpenRouterModel[],
  { url, minCount }: Pick<ModelSettings, "url" | "minCount">,
  now: number,
): CatalogueModel[] {
  const catalogue = catalogueOf(models, now);
  const paid = catalogue.filter(({ free }) => !free).length;
  if (paid < minCount || catalogue.length === 0)
    throw new ModelsFault(
      new URL(url),
      `of its ${models.length} models, ${paid} that cost something have tools, limits and prices of at least 0, ` +
        `and there should be ${Math.max(1, minCount)}`,
    );
  return catalogue;
}

function fromSnapshot(options: ModelSettings, snapshot: Snapshot, fault: ModelsFault | undefined): ModelsChoice {
  const { warnings, ...rest } = chosen(options, snapshot.models);
  const instead = `The list that is deployed stays; where there is none yet, sessions get the snapshot of ${snapshot.takenAt}.`;
  return {
    source: "snapshot",
    takenAt: snapshot.takenAt,
    yieldsToDeployed: fault !== undefined,
    ...rest,
    warnings: fault === undefined ? warnings : [`${fault.sentence} ${instead}`, ...warnings],
  };
}

function chosen(options: ModelSettings, catalogue: readonly CatalogueModel[]): Chosen {
  const selection = selectModels(catalogue, options);
  const count = { paid: selection.paid.length, free: selection.free.length };
  if (count.paid + count.free === 0)
    throw new NoModels("models.paidLimit, models.include and models.exclude leave no model: allow at least one.");
  const models = modelsLayer(selection);
  if (Buffer.byteLength(modelsJson(models)) > MAX_BYTES)
    throw new NoModels(`The list of ${count.paid + count.free} models is too large: lower models.paidLimit.`);
  const warnings = selection.unknown.map((id) => `models.include: there is no usable model ${id}.`);
  return { models, count, warnings };
}
