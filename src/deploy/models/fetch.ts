import { setTimeout as delay } from "node:timers/promises";
import { EnvHttpProxyAgent, type Dispatcher } from "undici";
import { ask, type AskLimits, type AskOptions } from "./ask.ts";
import { ModelsFault } from "./fault.ts";
import { readPage, type OpenRouterModel } from "./openrouter.ts";

export const OPENROUTER_MODELS = "https://openrouter.ai/api/v1/models";

export interface FetchLimits extends AskLimits {
  /** For all pages with all repetitions. */
  readonly totalMs: number;
  /** Of all pages together. */
  readonly maxBytes: number;
  readonly maxPages: number;
}

export const LIMITS: FetchLimits = {
  answerMs: 10_000,
  totalMs: 60_000,
  retries: 2,
  firstDelayMs: 1_000,
  longestDelayMs: 20_000,
  maxBytes: 5_000_000,
  maxPages: 20,
};

/** Every model of OpenRouter's list, the most popular first; honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY. @throws ModelsFault */
export async function fetchModels(place: string, limits: FetchLimits = LIMITS): Promise<OpenRouterModel[]> {
  const url = new URL(place);
  url.searchParams.set("supported_parameters", "tools");
  url.searchParams.set("sort", "most-popular");
  const dispatcher = throughProxies(url);
  try {
    const signal = AbortSignal.timeout(limits.totalMs);
    const sleep: AskOptions["sleep"] = (ms, signal) => delay(ms, undefined, { signal });
    return await allPages(url, limits.maxPages, { ...limits, dispatcher, signal, sleep, bytesBefore: 0 });
  } finally {
    await dispatcher.destroy();
  }
}

function throughProxies(url: URL): Dispatcher {
  try {
    return new EnvHttpProxyAgent();
  } catch {
    // Without the cause: the address of a proxy may hold a password.
    throw new ModelsFault(url, "the proxy that HTTPS_PROXY or HTTP_PROXY names is not a valid address");
  }
}

async function allPages(first: URL, maxPages: number, options: AskOptions): Promise<OpenRouterModel[]> {
  const models = new Map<string, OpenRouterModel>();
  const seen = new Set<string>();
  let entries = 0;
  let { bytesBefore } = options;
  for (let url: URL | undefined = first; url !== undefined;) {
    if (seen.size === maxPages) throw new ModelsFault(first, `it has more than ${maxPages} pages`);
    seen.add(url.href);
    const answer = await ask(url, { ...options, bytesBefore });
    bytesBefore += answer.bytes;
    const page = readPage(answer.text, answer.contentType);
    if (!page.ok) throw new ModelsFault(first, page.problem);
    entries += page.entries;
    // A list that changes between two pages tells a model twice: the first, more popular place counts.
    for (const model of page.models) if (!models.has(model.id)) models.set(model.id, model);
    url = nextPage(page.next, url, first);
    if (url !== undefined && seen.has(url.href)) throw new ModelsFault(first, "its pages go round in a circle");
  }
  if (entries === 0) throw new ModelsFault(first, "its list is empty");
  return [...models.values()];
}

function nextPage(next: string | undefined, current: URL, first: URL): URL | undefined {
  if (next === undefined) return undefined;
  const url = URL.canParse(next, current.href) ? new URL(next, current) : undefined;
  if (url?.origin !== first.origin) throw new ModelsFault(first, "its next page is at another place");
  return url;
}
