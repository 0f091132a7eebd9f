import { Pool, type Dispatcher } from "undici";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { ApiError, errorOfAnswer, errorOfConnection } from "./api-error.ts";
import type { ClusterSource, ClusterTls } from "./cluster-source.ts";

/** One request to the API server. */
export interface Call {
  /** What it does, for errors: `create pods/session-0123456789ab`. */
  readonly title: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the server's own path, with the query; everything in it is escaped. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: "application/json" | "application/merge-patch+json";
}

interface ConnectionParts {
  readonly source: ClusterSource;
  readonly log: Log;
  readonly clock: Clock;
  /** For an answer with all its body, and for the head of a stream. */
  readonly timeoutMs: number;
}

const MAX_CONNECTIONS = 64;
const CONNECT_MS = 10_000;
/** Shorter than the server's own limit, so that an idle connection is closed from our side first. */
const IDLE_MS = 30_000;

/** Keep-alive connections to the API server. Everything that it throws is an ApiError. */
export class ClusterConnection {
  readonly #parts: ConnectionParts;
  readonly #prefix: string;
  readonly #pool: Pool;
  /** What the server asked not to be asked again for a while, and until when. */
  readonly #putOff = new Map<string, { readonly error: ApiError; readonly until: number }>();

  constructor(parts: ConnectionParts) {
    const { server, tls } = parts.source;
    this.#parts = parts;
    this.#prefix = server.pathname.replace(/\/$/, "");
    this.#pool = new Pool(server.origin, {
      connect: { ...connectOptions(tls), timeout: CONNECT_MS },
      connections: MAX_CONNECTIONS,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      // The time limits are our own.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** @returns the JSON of a successful answer */
  async exchange(call: Call): Promise<unknown> {
    using limit = new TimeLimit(this.#parts);
    const { body, statusCode } = await this.#send(call, limit.signal);
    const text = await body.text().catch((cause: unknown) => {
      throw errorOfConnection(call.title, cause);
    });
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new ApiError("the API server's answer is not JSON", {
        kind: "transient",
        call: call.title,
        status: statusCode,
      });
    }
  }

  /** @returns the body of a successful answer as it comes, without a time limit */
  async open(call: Call, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    using limit = new TimeLimit(this.#parts);
    return (await this.#send(call, AbortSignal.any([limit.signal, signal]))).body;
  }

  /** Requests that are under way fail. May be called twice. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  /** Whoever tries again too early, and for whatever reason, does not get as far as the server. */
  #checkPutOff(call: Call, now: number): void {
    const { error, until = 0 } = this.#putOff.get(keyOf(call)) ?? {};
    if (error === undefined || until <= now) return;
    const { kind, status } = error;
    const facts = { kind, call: call.title, retryAfterMs: until - now, cause: error };
    throw new ApiError(error.message, status === undefined ? facts : { ...facts, status });
  }

  #putOffBy(call: Call, error: ApiError): ApiError {
    const now = this.#parts.clock.now();
    for (const [key, { until }] of this.#putOff) if (until <= now) this.#putOff.delete(key);
    if (error.retryAfterMs !== undefined) this.#putOff.set(keyOf(call), { error, until: now + error.retryAfterMs });
    return error;
  }

  async #send(call: Call, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { source, clock, log } = this.#parts;
    const startedAt = clock.now();
    this.#checkPutOff(call, startedAt);
    try {
      const token = await source.token?.get();
      const answer = await this.#pool.request({
        method: call.method,
        path: this.#prefix + call.path,
        signal,
        headers: {
          accept: "application/json",
          "user-agent": "opencode-router",
          ...(call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
          ...(token ? { authorization: `Bearer ${token.reveal()}` } : {}),
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      });
      log.debug({ call: call.title, status: answer.statusCode, afterMs: clock.now() - startedAt }, "cluster.answered");
      if (answer.statusCode >= 200 && answer.statusCode < 300) return answer;
      if (answer.statusCode === 401) source.token?.forget();
      const retryAfter = answer.headers["retry-after"];
      const refusal = { status: answer.statusCode, retryAfter: retryAfter?.toString(), body: await answer.body.text() };
      throw this.#putOffBy(call, errorOfAnswer(call.title, refusal, clock.now()));
    } catch (cause) {
      throw cause instanceof ApiError ? cause : errorOfConnection(call.title, cause);
    }
  }
}

/** The same call, whatever it carries. */
const keyOf = ({ method, path }: Call): string => `${method} ${path.split("?")[0]}`;

function connectOptions({ ca, cert, key, servername, isUnverified }: ClusterTls) {
  return {
    ...(ca ? { ca } : {}),
    ...(cert && key ? { cert, key: key.reveal() } : {}),
    ...(servername ? { servername } : {}),
    ...(isUnverified ? { rejectUnauthorized: false } : {}),
  };
}

/** Fires once the time is up, unless disposed of before. */
class TimeLimit implements Disposable {
  readonly #up = new AbortController();
  readonly #over = new AbortController();

  constructor({ clock, timeoutMs }: ConnectionParts) {
    clock.sleep(timeoutMs, this.#over.signal).then(
      () => this.#up.abort(new Error(`no answer within ${timeoutMs / 1000} s`)),
      () => {}, // over in time
    );
  }

  get signal(): AbortSignal {
    return this.#up.signal;
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }
}
