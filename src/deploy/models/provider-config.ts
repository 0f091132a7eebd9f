import type { CatalogueModel, Modality } from "./catalogue.ts";
import type { Selection } from "./select.ts";

/** A model as opencode's configuration describes it: prices a million tokens, and the field names are opencode's. */
export interface ModelEntry {
  readonly name: string;
  readonly release_date?: string;
  readonly attachment: boolean;
  readonly reasoning: boolean;
  readonly temperature: boolean;
  readonly tool_call: true;
  readonly cost: {
    readonly input: number;
    readonly output: number;
    readonly cache_read?: number;
    readonly cache_write?: number;
  };
  readonly limit: { readonly context: number; readonly output: number };
  readonly modalities: { readonly input: readonly Modality[]; readonly output: readonly Modality[] };
}

export interface ProviderModels {
  /** opencode adds `models` to those that it knows; only this list keeps the others out. */
  readonly whitelist: readonly string[];
  readonly models: Readonly<Record<string, ModelEntry>>;
}

/** A layer of opencode's configuration: how to reach both providers is in the baked one, `images/opencode/rootfs/defaults`. */
export interface ModelsLayer {
  readonly provider: { readonly openrouter: ProviderModels; readonly "openrouter-free": ProviderModels };
}

export const modelsLayer = ({ paid, free }: Selection): ModelsLayer => ({
  provider: { openrouter: providerModels(paid), "openrouter-free": providerModels(free) },
});

/** The file in the config map. */
export const modelsJson = (layer: ModelsLayer): string => `${JSON.stringify(layer, null, 1)}\n`;

const providerModels = (models: readonly CatalogueModel[]): ProviderModels => ({
  whitelist: models.map(({ id }) => id),
  models: Object.fromEntries(models.map((model) => [model.id, entryOf(model)])),
});

function entryOf({ cost, context, output, takes, gives, released, ...model }: CatalogueModel): ModelEntry {
  return {
    name: shownName(model.name, model.free ? undefined : cost),
    ...(released === undefined ? {} : { release_date: released }),
    attachment: takes.includes("image") || takes.includes("pdf"),
    reasoning: model.reasoning,
    temperature: model.temperature,
    tool_call: true,
    cost: {
      input: cost.input,
      output: cost.output,
      ...(cost.cacheRead === undefined ? {} : { cache_read: cost.cacheRead }),
      ...(cost.cacheWrite === undefined ? {} : { cache_write: cost.cacheWrite }),
    },
    limit: { context, output },
    modalities: { input: takes, output: gives },
  };
}

/** With the price, which opencode's list of models does not show. */
function shownName(name: string, cost: CatalogueModel["cost"] | undefined): string {
  if (cost === undefined) return /\bfree\b/i.test(name) ? name : `${name} (free)`;
  const perRequest = cost.request === undefined ? "" : ` + ${dollars(cost.request)} a request`;
  return `${name} · ${dollars(cost.input)} in, ${dollars(cost.output)} out${perRequest}`;
}

/** Never as 1e-7. */
const dollars = (amount: number): string => `$${amount.toFixed(6).replace(/\.?0+$/, "")}`;
