import { z } from "zod";
import { ModelId, type OpenRouterModel } from "./openrouter.ts";

/** What opencode knows; OpenRouter's `file` is a PDF. */
const Modality = z.enum(["text", "audio", "image", "video", "pdf"]);
export type Modality = z.infer<typeof Modality>;

const Dollars = z.number().nonnegative();
const Tokens = z.number().int().positive();

/** A model that an agent can work with, and what opencode must know of it. */
export const CatalogueModel = z.strictObject({
  id: ModelId,
  name: z.string().min(1),
  /** 1 is the most popular. */
  rank: z.number().int().positive(),
  free: z.boolean(),
  /** ISO date. */
  released: z.iso.date().optional(),
  context: Tokens,
  output: Tokens,
  /** Dollars a million tokens; `request` for one request. */
  cost: z.strictObject({
    input: Dollars,
    output: Dollars,
    cacheRead: Dollars.optional(),
    cacheWrite: Dollars.optional(),
    request: Dollars.optional(),
  }),
  reasoning: z.boolean(),
  temperature: z.boolean(),
  takes: z.array(Modality),
  gives: z.array(Modality),
});
export type CatalogueModel = z.infer<typeof CatalogueModel>;

/** Code units, not a language's order: the same on every machine. */
export const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id < b.id ? -1 : Number(a.id > b.id);

/** The usable ones of a list whose order is their popularity, sorted by id. */
export function catalogueOf(models: readonly OpenRouterModel[], now: number): CatalogueModel[] {
  return models
    .flatMap((model) => usable(model, now) ?? [])
    .map((model, index) => ({ ...model, rank: index + 1 }))
    .toSorted(byId);
}

/** Can call tools, gives text, has not expired, and has known limits and prices. */
function usable(model: OpenRouterModel, now: number): Omit<CatalogueModel, "rank"> | undefined {
  const can = new Set(model.supported_parameters);
  const gives = modalities(model.architecture?.output_modalities);
  const limits = limitsOf(model);
  const cost = costOf(model);
  if (!can.has("tools") || !gives.includes("text") || limits === undefined || cost === undefined) return undefined;
  if (model.expiration_date && Date.parse(model.expiration_date) <= now) return undefined;
  const released = dateOf(model.created);
  return {
    id: model.id,
    name: model.name,
    free: cost.input === 0 && cost.output === 0 && cost.request === undefined,
    ...(released === undefined ? {} : { released }),
    ...limits,
    cost,
    reasoning: can.has("reasoning"),
    temperature: can.has("temperature"),
    takes: modalities(model.architecture?.input_modalities),
    gives,
  };
}

/** None means text, which every model of the list can do. */
function modalities(names: readonly string[] | null | undefined): Modality[] {
  const known = (names ?? ["text"]).map((name) => Modality.safeParse(name === "file" ? "pdf" : name));
  return [...new Set(known.flatMap((name) => (name.success ? [name.data] : [])))];
}

/** Without a context opencode would never compact a conversation, so such a model is of no use. */
function limitsOf({ context_length, top_provider }: OpenRouterModel): { context: number; output: number } | undefined {
  const sizes = [context_length, top_provider?.context_length].flatMap((size) => wholeTokens(size) ?? []);
  if (sizes.length === 0) return undefined;
  const context = Math.min(...sizes);
  const output =
    wholeTokens(top_provider?.max_completion_tokens) ?? Math.max(1, Math.min(32_000, Math.floor(context / 4)));
  return { context, output: Math.min(output, context) };
}

function wholeTokens(size: number | null | undefined): number | undefined {
  const whole = Math.floor(size ?? 0);
  return Number.isSafeInteger(whole) && whole > 0 ? whole : undefined;
}

/** `undefined` when a price is missing, negative (it depends on what a router chooses) or no number. */
function costOf({ id, pricing }: OpenRouterModel): CatalogueModel["cost"] | undefined {
  const prices = new Map<string, number>();
  for (const [name, price] of Object.entries(pricing)) {
    if (name === "discount" || (typeof price !== "string" && typeof price !== "number")) continue;
    const dollars = toDollars(price);
    if (dollars === undefined) return undefined;
    prices.set(name, dollars);
  }
  const missing = id.endsWith(":free") ? 0 : undefined;
  const input = prices.get("prompt") ?? missing;
  const output = prices.get("completion") ?? missing;
  if (input === undefined || output === undefined) return undefined;
  const optional = (name: string, dollars: number | undefined) => (dollars ? { [name]: dollars } : {});
  return {
    input: perMillion(input),
    output: perMillion(output),
    ...optional("cacheRead", perMillion(prices.get("input_cache_read") ?? 0)),
    ...optional("cacheWrite", perMillion(prices.get("input_cache_write") ?? 0)),
    ...optional("request", prices.get("request")),
  };
}

/** `Number` would take "" for 0, and nothing costs a million for a token. */
function toDollars(price: string | number): number | undefined {
  const dollars = typeof price === "string" && price.trim() === "" ? Number.NaN : Number(price);
  return dollars >= 0 && dollars < 1e6 ? dollars : undefined;
}

/** 0.0000006 × 10⁶ is 0.6 for people, and 0.6 for `preview` on every machine. */
const perMillion = (dollars: number): number => Math.round(dollars * 1e12) / 1e6;

function dateOf(seconds: number | null | undefined): string | undefined {
  // As far as a date has four digits for its year.
  return seconds !== null && seconds !== undefined && seconds > 0 && seconds < 253_402_300_800
    ? new Date(seconds * 1000).toISOString().slice(0, 10)
    : undefined;
}
