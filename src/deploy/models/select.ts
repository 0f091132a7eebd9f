import type { ModelSettings } from "../settings/settings.ts";
import { byId, type CatalogueModel } from "./catalogue.ts";

export type SelectOptions = Pick<ModelSettings, "paidLimit" | "include" | "exclude">;

export interface Selection {
  /** Both sorted by id. */
  readonly paid: readonly CatalogueModel[];
  readonly free: readonly CatalogueModel[];
  /** What of `include` names no model of the catalogue. */
  readonly unknown: readonly string[];
}

export function selectModels(catalogue: readonly CatalogueModel[], options: SelectOptions): Selection {
  const includes = options.include.map(matcher);
  const excludes = options.exclude.map(matcher);
  const left = catalogue.filter(({ id }) => !excludes.some((matches) => matches(id)));
  const paid = left
    .filter(({ free }) => !free)
    .toSorted((a, b) => a.rank - b.rank)
    .filter(({ id }, index) => index < options.paidLimit || includes.some((matches) => matches(id)));
  return {
    paid: paid.toSorted(byId),
    free: left.filter(({ free }) => free).toSorted(byId),
    unknown: options.include.filter((_, index) => !catalogue.some(({ id }) => includes[index]?.(id))),
  };
}

function matcher(pattern: string): (id: string) => boolean {
  const source = pattern.split("*").map((text) => text.replaceAll(/[.+?^${}()|[\]\\/]/g, String.raw`\$&`));
  const whole = new RegExp(`^${source.join(".*")}$`);
  return (id) => whole.test(id);
}
