import { expect, test } from "vitest";
import { githubProblem } from "./github-problem.ts";

const NOW = 1_700_000_000_500;
const seen = (status: number, headers: Record<string, string> = {}, text = "secret words of GitHub") => {
  const { problem, headers: sent } = githubProblem({ status, headers: new Headers(headers), text, now: NOW });
  return { status: problem.status, code: problem.code, detail: problem.detail, after: sent["retry-after"] };
};

test.each([
  [401, {}, 401, "unauthenticated", /Sign in again/],
  [403, {}, 403, "forbidden", /authorize/],
  [404, {}, 404, "not_found", /no such repository/],
  [500, {}, 502, "remote_unreachable", /500/],
  [503, {}, 502, "remote_unreachable", /503/],
  [304, {}, 502, "remote_unreachable", /304/],
  [451, {}, 502, "remote_unreachable", /451/],
] as const)("%i is told in our words", (status, headers, ours, code, says) => {
  expect(seen(status, headers)).toEqual({ status: ours, code, detail: expect.stringMatching(says), after: undefined });
  expect(seen(status, headers).detail).not.toContain("secret words");
});

test.each([
  [403, { "retry-after": "17" }, "17"],
  [403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000042" }, "42"],
  [403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1600000000" }, "1"],
  [403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "never" }, "60"],
  [429, { "retry-after": "999999" }, "3600"],
  [429, { "retry-after": "0" }, "1"],
  [429, { "x-ratelimit-remaining": "10", "x-ratelimit-reset": "1700000042" }, "60"],
] as const)("a rate limit (%i, %j) says how long to wait", (status, headers, after) => {
  expect(seen(status, headers)).toMatchObject({ status: 429, code: "too_many_requests", after });
});

test("a limit that only the body tells of is one, too", () => {
  expect(seen(403, {}, '{"message":"You have exceeded a secondary rate limit."}').after).toBe("60");
});
