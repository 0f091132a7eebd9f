import { isDeepStrictEqual } from "node:util";
import { byId, type CatalogueModel } from "./catalogue.ts";
import { enough, type ModelsPorts } from "./choose.ts";
import { writeSnapshot, type Snapshot } from "./snapshot.ts";

export interface RefreshOptions {
  readonly url: string;
  readonly file: string;
  /** As of a deployment. */
  readonly minCount: number;
}

/** More than a deployment takes by default, so that `models.exclude` and a higher `models.paidLimit` have something to take. */
const PAID = 60;

/** Writes the snapshot anew and tells what is different. On any fault the file stays as it is. */
export async function refreshSnapshot(options: RefreshOptions, ports: ModelsPorts): Promise<string[]> {
  const now = ports.now();
  const catalogue = enough(await ports.fetch(options.url), options, now);
  const models = mostPopular(catalogue);
  const before = await readOld(ports);
  if (isDeepStrictEqual(before, models)) return ["Nothing has changed."];
  await writeSnapshot(options.file, { takenAt: new Date(now).toISOString().slice(0, 10), models });
  return [...changes(before, models), summary(models, options.file)];
}

/** One that cannot be read is written anew, too. */
async function readOld(ports: Pick<ModelsPorts, "readSnapshot">): Promise<Snapshot["models"]> {
  try {
    return (await ports.readSnapshot()).models;
  } catch {
    return [];
  }
}

function mostPopular(catalogue: readonly CatalogueModel[]): CatalogueModel[] {
  const ranked = catalogue.toSorted((a, b) => a.rank - b.rank);
  const paid = new Set(ranked.filter(({ free }) => !free).slice(0, PAID));
  return ranked
    .filter((model) => model.free || paid.has(model))
    .map((model, index) => ({ ...model, rank: index + 1 }))
    .toSorted(byId);
}

/** A line for each model that came, went or is different, other than by its popularity. */
export function changes(before: readonly CatalogueModel[], after: readonly CatalogueModel[]): string[] {
  const old = new Map(before.map((model) => [model.id, model]));
  const ids = new Set(after.map(({ id }) => id));
  const lines = after.flatMap((model) => {
    const was = old.get(model.id);
    if (was === undefined) return [{ id: model.id, line: `+ ${model.id}` }];
    const fields = Object.keys({ ...was, ...model }) as (keyof CatalogueModel)[];
    const different = fields.filter((field) => field !== "rank" && !isDeepStrictEqual(was[field], model[field]));
    const words = different.map((field) => `${field} ${say(was[field])} → ${say(model[field])}`);
    return words.length === 0 ? [] : [{ id: model.id, line: `~ ${model.id}: ${words.join("; ")}` }];
  });
  const gone = before.filter(({ id }) => !ids.has(id)).map(({ id }) => ({ id, line: `- ${id}` }));
  return [...lines, ...gone].toSorted(byId).map(({ line }) => line);
}

const say = (value: unknown): string => (value === undefined ? "none" : JSON.stringify(value));

function summary(models: readonly CatalogueModel[], file: string): string {
  const free = models.filter((model) => model.free).length;
  return `${file}: ${models.length - free} models that cost something, ${free} free ones.`;
}
