/** How the OpenRouter of `test/programs/openrouter.ts` behaves, by the first part of the path. */
import type { ServerResponse } from "node:http";
import { openRouterModel, type SampleModel } from "../harness/openrouter-model.ts";

interface Exchange {
  readonly res: ServerResponse;
  readonly url: URL;
  /** How many requests there were before with this behaviour. */
  readonly before: number;
}

const json = (res: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void =>
  void res.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));

const refusal = (code: number) => ({ error: { code, message: "no" } });

/** The first is the most popular; ids run against that order. */
const paid = (count: number): SampleModel[] =>
  Array.from({ length: count }, (_, index) => openRouterModel(`paid/model-${String(999 - index)}`));
const free = (count: number): SampleModel[] =>
  Array.from({ length: count }, (_, index) =>
    openRouterModel(`free/model-${String(999 - index)}:free`, { pricing: { prompt: "0", completion: "0" } }),
  );

const GOOD = [...paid(30), ...free(5)];
const good = ({ res }: Exchange) => json(res, { data: GOOD });

/** 550 that cost something, and 50 that do not, mixed. */
const MANY = paid(550).flatMap((model, index) => (index % 11 === 0 ? [model, free(50)[index / 11]] : [model]));
const PAGE = 200;

const pathOf = (url: URL, offset: number) => `${url.pathname}?offset=${offset}&limit=${PAGE}`;
const offsetOf = (url: URL) => Number(url.searchParams.get("offset") ?? 0);
const page = (url: URL, next: string | null) => {
  const offset = offsetOf(url);
  return { data: MANY.slice(offset, offset + PAGE), total_count: MANY.length, links: { next } };
};

export const behaviours = {
  good,
  "429": ({ res }: Exchange) => json(res, refusal(429), 429, { "retry-after": "0" }),
  "429-once": (exchange: Exchange) =>
    exchange.before === 0 ? json(exchange.res, refusal(429), 429, { "retry-after": "0" }) : good(exchange),
  "429-long": ({ res }: Exchange) => json(res, refusal(429), 429, { "retry-after": "3600" }),
  "500": ({ res }: Exchange) => json(res, refusal(500), 500),
  "500-twice": (exchange: Exchange) => (exchange.before < 2 ? json(exchange.res, refusal(500), 500) : good(exchange)),
  "403": ({ res }: Exchange) => json(res, refusal(403), 403),
  moved: ({ res }: Exchange) => void res.writeHead(302, { location: "http://127.0.0.1:9/" }).end(),
  /** Never answers. */
  slow: () => {},
  /** Says that it has begun, and then nothing. */
  "slow-body": ({ res }: Exchange) =>
    void res.writeHead(200, { "content-type": "application/json" }).write('{"data":['),
  hangup: ({ res }: Exchange) => void res.destroy(),
  truncated: ({ res }: Exchange) => {
    const text = JSON.stringify({ data: GOOD });
    res.writeHead(200, { "content-type": "application/json", "content-length": text.length });
    res.write(text.slice(0, text.length / 2), () => res.destroy());
  },
  "cut-json": ({ res }: Exchange) =>
    void res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ data: GOOD }).slice(0, 999)),
  shape: ({ res }: Exchange) => json(res, { models: GOOD }),
  "shape-entries": ({ res }: Exchange) =>
    json(res, { data: GOOD.map(({ id }) => ({ id, name: id, pricing: "free" })) }),
  "odd-entries": ({ res }: Exchange) =>
    json(res, { data: [null, 7, { id: "__proto__", name: "x", pricing: {} }, { ...GOOD[0], pricing: null }, ...GOOD] }),
  html: ({ res }: Exchange) =>
    void res
      .writeHead(200, { "content-type": "text/html; charset=utf-8" })
      .end("<!doctype html><p>Sign in to the network"),
  empty: ({ res }: Exchange) => json(res, { data: [] }),
  negative: ({ res }: Exchange) =>
    json(res, { data: GOOD.map((model) => ({ ...model, pricing: { prompt: "-1", completion: "-1" } })) }),
  "some-negative": ({ res }: Exchange) =>
    json(res, {
      data: [
        openRouterModel("paid/auto", { pricing: { prompt: "-1", completion: "-1" } }),
        openRouterModel("paid/odd", { pricing: { prompt: "0", completion: "0", request: "-0.1" } }),
        openRouterModel("paid/nan", { pricing: { prompt: "NaN", completion: "" } }),
        ...GOOD,
      ],
    }),
  pages: ({ res, url }: Exchange) => {
    const next = offsetOf(url) + PAGE;
    json(res, page(url, next < MANY.length ? pathOf(url, next) : null));
  },
  loop: ({ res, url }: Exchange) => json(res, page(url, pathOf(url, offsetOf(url) === 0 ? PAGE : 0))),
  self: ({ res, url }: Exchange) => json(res, page(url, `${url.pathname}${url.search}`)),
  endless: ({ res, url }: Exchange) => json(res, page(url, pathOf(url, offsetOf(url) + 1))),
  elsewhere: ({ res, url }: Exchange) => json(res, page(url, "http://localhost:9/api/v1/models")),
  large: ({ res }: Exchange) => json(res, { data: GOOD, filler: "x".repeat(6_000_000) }),
  /** Each page is small enough, all together are not. */
  "large-pages": ({ res, url }: Exchange) =>
    json(res, { ...page(url, pathOf(url, offsetOf(url) + 1)), filler: "x".repeat(1_000_000) }),
  /** Spaces for as long as somebody reads. */
  flood: ({ res }: Exchange) => {
    const spaces = " ".repeat(100_000);
    const pour = () => {
      while (!res.destroyed && res.write(spaces));
    };
    res.writeHead(200, { "content-type": "application/json" }).on("drain", pour);
    pour();
  },
} satisfies Record<string, (exchange: Exchange) => void>;

export type BehaviourName = keyof typeof behaviours;
