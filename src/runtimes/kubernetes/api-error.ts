export type ApiErrorKind =
  | "notFound"
  | "alreadyExists"
  /** Somebody else was faster, or a precondition does not hold: read again. */
  | "conflict"
  | "forbidden"
  /** A resource quota of the namespace has no room for it. */
  | "quota"
  | "invalid"
  /** The history that was asked for is no longer kept: list again. */
  | "gone"
  | "tooMany"
  | "unauthorised"
  /** The same call may work later: the server is away, overloaded or broken. */
  | "transient";

/** What the API server answers when it refuses, and what a watch's ERROR event carries. */
export interface StatusBody {
  readonly kind?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly retryAfterSeconds?: number };
}

interface ApiErrorFacts {
  readonly kind: ApiErrorKind;
  /** Verb, resource and name: `create pods/session-0123456789ab`. */
  readonly call: string;
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** A call to the API server that did not do what was asked. The message is the server's own sentence, if it had one. */
export class ApiError extends Error {
  readonly kind: ApiErrorKind;
  readonly call: string;
  /** HTTP status; absent when nothing was answered. */
  readonly status?: number;
  /** The server asked to wait for this long. */
  readonly retryAfterMs?: number;

  constructor(message: string, facts: ApiErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "ApiError";
    this.kind = facts.kind;
    this.call = facts.call;
    if (facts.status !== undefined) this.status = facts.status;
    if (facts.retryAfterMs !== undefined) this.retryAfterMs = facts.retryAfterMs;
  }
}

export const isApiError = (error: unknown, ...kinds: readonly ApiErrorKind[]): error is ApiError =>
  error instanceof ApiError && (kinds.length === 0 || kinds.includes(error.kind));

/** An HTTP answer that is not a success. */
export interface Refusal {
  readonly status: number;
  readonly retryAfter?: string | undefined;
  /** As it came; only a Status object is looked into. */
  readonly body: string;
}

/** @param now milliseconds since the epoch: `Retry-After` may be a date */
export function errorOfAnswer(call: string, { status, retryAfter, body }: Refusal, now: number): ApiError {
  const said = parseStatus(body);
  const waitMs = retryAfterMs(retryAfter, now) ?? secondsAsMs(said?.details?.retryAfterSeconds);
  return new ApiError(said?.message || `the API server answered ${status}`, {
    kind: classify(status, said),
    call,
    status,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
}

/** A watch's ERROR event. */
export function errorOfEvent(call: string, said: StatusBody): ApiError {
  const status = said.code ?? 500;
  const waitMs = secondsAsMs(said.details?.retryAfterSeconds);
  return new ApiError(said.message || `the watch ended with ${status}`, {
    kind: classify(status, said),
    call,
    status,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
}

/** Nothing was answered: no connection, a cut one, a time limit. */
export const errorOfConnection = (call: string, cause: unknown): ApiError =>
  new ApiError(sentenceOf(cause), { kind: "transient", call, cause });

/** Several addresses that all refuse make an error without a message. */
const sentenceOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || cause.name : String(cause);

const HISTORY_LOST = /too old resource version|required revision has been compacted/;

function classify(status: number, said: StatusBody | undefined): ApiErrorKind {
  if (status === 410 || said?.reason === "Expired" || HISTORY_LOST.test(said?.message ?? "")) return "gone";
  switch (status) {
    case 401:
      return "unauthorised";
    case 403:
      return said?.message?.includes("exceeded quota") ? "quota" : "forbidden";
    case 404:
      return "notFound";
    case 408:
      return "transient";
    case 409:
      return said?.reason === "AlreadyExists" ? "alreadyExists" : "conflict";
    case 429:
      return "tooMany";
    default:
      return status >= 400 && status < 500 ? "invalid" : "transient";
  }
}

function parseStatus(body: string): StatusBody | undefined {
  try {
    const parsed = JSON.parse(body) as StatusBody | null;
    return parsed?.kind === "Status" ? parsed : undefined;
  } catch {
    return undefined; // a proxy's page
  }
}

const secondsAsMs = (seconds: number | undefined): number | undefined => (seconds ? seconds * 1000 : undefined);

/** Seconds, or a date. */
function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (!header) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
