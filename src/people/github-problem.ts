import { ProblemError } from "../contracts/problem.ts";

export interface GitHubRefusal {
  readonly status: number;
  readonly headers: Headers;
  /** Its body: read for one word, never passed on. */
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const MAX_WAIT_SECONDS = 3600;

/** What an answer of GitHub that is no success means to the person who asked. */
export function githubProblem({ status, headers, text, now }: GitHubRefusal): ProblemError {
  switch (status) {
    case 401:
      return tokenRefused();
    case 403:
    case 429:
      if (status === 403 && !isRateLimit(headers, text)) break;
      return new ProblemError(
        "too_many_requests",
        "GitHub answers no more questions of yours for now. Try again later.",
        {
          "retry-after": String(waitSeconds(headers, now)),
        },
      );
    case 404:
      return new ProblemError("not_found", "GitHub has no such repository, or you may not see it.");
  }
  if (status >= 500)
    return new ProblemError(
      "remote_unreachable",
      `GitHub has a problem of its own (status ${status}). Try again later.`,
    );
  return status === 403
    ? new ProblemError(
        "forbidden",
        "GitHub does not let your token see this. Your organization may ask you to authorize it first.",
      )
    : new ProblemError("remote_unreachable", `GitHub refused the request (status ${status}).`);
}

export const tokenRefused = (): ProblemError =>
  new ProblemError(
    "unauthenticated",
    "GitHub does not accept your token any more. Sign in again, or replace your secret GITHUB_TOKEN.",
  );

const isRateLimit = (headers: Headers, text: string): boolean =>
  headers.has("retry-after") || headers.get("x-ratelimit-remaining") === "0" || /rate limit/i.test(text);

/** As GitHub documents it: by `Retry-After`, else until the limit is reset, else a minute. */
function waitSeconds(headers: Headers, now: number): number {
  const after = wholeNumber(headers.get("retry-after"));
  const resetAt =
    headers.get("x-ratelimit-remaining") === "0" ? wholeNumber(headers.get("x-ratelimit-reset")) : undefined;
  const seconds = after ?? (resetAt === undefined ? 60 : resetAt - Math.floor(now / 1000));
  return Math.min(Math.max(seconds, 1), MAX_WAIT_SECONDS);
}

const wholeNumber = (text: string | null): number | undefined =>
  text !== null && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
