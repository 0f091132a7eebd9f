import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { Agent, request, type Dispatcher } from "undici";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export type WatchEvent<T> =
  | { readonly type: "LIST"; readonly items: readonly T[] }
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T };

interface List<T> {
  readonly items: T[];
  readonly metadata: { readonly resourceVersion: string };
}

interface RequestOptions {
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

export const STRATEGIC_PATCH = "application/strategic-merge-patch+json";
export const MERGE_PATCH = "application/merge-patch+json";

export class ApiFailure extends Error {
  readonly status: number;
  constructor(call: string, status: number, text: string) {
    super(`${call}: ${status} ${messageOf(text)}`);
    this.status = status;
  }
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}

/** Frozen servers do not answer; those of a busy machine do it late. */
const CALL_MS = 30_000;

/** Calls to an API server by path; nothing of the product is in it, so that a test does not believe what it tests. */
export class TestApi implements AsyncDisposable {
  readonly #server: string;
  readonly #token: string;
  readonly #dispatcher: Dispatcher;

  constructor({ server, ca, token }: { readonly server: string; readonly ca: string; readonly token: string }) {
    this.#server = server;
    this.#token = token;
    // Watches are silent for long.
    this.#dispatcher = new Agent({ connect: { ca }, bodyTimeout: 0, headersTimeout: 0, connections: 64 });
  }

  /** @throws {ApiFailure} unless the answer is a success */
  async call<T>(method: Method, path: string, body?: unknown, contentType = "application/json"): Promise<T> {
    return JSON.parse(await this.#text(method, path, { body, contentType })) as T;
  }

  /** What is not JSON: `/readyz`, `/metrics`, logs. */
  text(path: string): Promise<string> {
    return this.#text("GET", path, {});
  }

  get<T>(path: string): Promise<T> {
    return this.call("GET", path);
  }

  /** The object, or undefined where there is none. */
  async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.get<T>(path);
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Tells what there is, then every change, until the server ends the stream or the signal fires. */
  async *follow<T>(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
    const { items, metadata } = JSON.parse(await this.#text("GET", path, { signal })) as List<T>;
    yield { type: "LIST", items };
    const since = `watch=1&resourceVersion=${metadata.resourceVersion}`;
    const answer = await this.#request("GET", `${path}${path.includes("?") ? "&" : "?"}${since}`, { signal });
    for await (const line of createInterface({ input: Readable.from(answer.body) })) {
      const event = JSON.parse(line) as WatchEvent<T> | { readonly type: "ERROR" };
      // The past is gone: the next one who follows gets a new list.
      if (event.type === "ERROR") return;
      yield event;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #text(method: Method, path: string, options: RequestOptions): Promise<string> {
    const late = AbortSignal.timeout(CALL_MS);
    const signal = options.signal === undefined ? late : AbortSignal.any([late, options.signal]);
    const answer = await this.#request(method, path, { ...options, signal });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new ApiFailure(`${method} ${path}`, answer.statusCode, text);
    return text;
  }

  #request(
    method: Method,
    path: string,
    { body, contentType, signal }: RequestOptions,
  ): Promise<Dispatcher.ResponseData> {
    return request(`${this.#server}${path}`, {
      method,
      dispatcher: this.#dispatcher,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(contentType === undefined || body === undefined ? {} : { "content-type": contentType }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}
