import { expect, test } from "vitest";
import { errorOfAnswer, errorOfConnection, errorOfEvent, isApiError } from "./api-error.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

const status = (code: number, reason: string | undefined, message: string, details?: object) => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message,
  ...(reason === undefined ? {} : { reason }),
  ...(details === undefined ? {} : { details }),
  code,
});

/** As a real API server words them. */
const ANSWERS = [
  ["notFound", status(404, "NotFound", `pods "session-0123456789ab" not found`)],
  ["alreadyExists", status(409, "AlreadyExists", `pods "session-0123456789ab" already exists`)],
  [
    "conflict",
    status(
      409,
      "Conflict",
      `Operation cannot be fulfilled on sessions.opencode-router.dev "0123456789ab": the object has been modified; please apply your changes to the latest version and try again`,
    ),
  ],
  [
    "conflict",
    status(
      409,
      "Conflict",
      `Operation cannot be fulfilled on pods "a": Precondition failed: UID in precondition: 1, UID in object meta: 2`,
    ),
  ],
  ["conflict", status(409, undefined, "something else stands in the way")],
  ["forbidden", status(403, "Forbidden", `pods is forbidden: User "visitor" cannot create resource "pods"`)],
  [
    "forbidden",
    status(403, "Forbidden", `pods "a" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true`),
  ],
  ["forbidden", status(403, "Forbidden", `pods "a" is forbidden: failed quota: compute: must specify limits.cpu`)],
  [
    "quota",
    status(
      403,
      "Forbidden",
      `pods "a" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=10, limited: pods=10`,
    ),
  ],
  ["invalid", status(422, "Invalid", `Pod "a" is invalid: spec.containers: Required value`)],
  ["invalid", status(400, "BadRequest", "the object provided is unrecognized")],
  ["invalid", status(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728")],
  ["invalid", status(415, "UnsupportedMediaType", "the body of the request was in an unknown format")],
  ["gone", status(410, "Expired", "The provided continue parameter is too old to display a consistent list result.")],
  ["gone", status(410, "Gone", "too old resource version: 12 (266)")],
  ["gone", status(500, "InternalError", "etcdserver: mvcc: required revision has been compacted")],
  ["tooMany", status(429, "TooManyRequests", "too many requests, please try again later")],
  ["unauthorised", status(401, "Unauthorized", "Unauthorized")],
  ["transient", status(500, "InternalError", "etcdserver: request timed out")],
  ["transient", status(503, "ServiceUnavailable", "apiserver is shutting down")],
  ["transient", status(504, "Timeout", "Too large resource version: 999999, current: 300")],
  ["transient", status(408, "Timeout", "Timeout: request did not complete within the requested timeout")],
] as const;

test.each(ANSWERS)("%s: %o", (kind, said) => {
  const fromAnswer = errorOfAnswer("create pods", { status: said.code, body: JSON.stringify(said) }, NOW);
  const fromEvent = errorOfEvent("watch pods", said);
  for (const error of [fromAnswer, fromEvent])
    expect(error).toMatchObject({ name: "ApiError", kind, status: said.code, message: said.message });
  expect(fromAnswer.call).toBe("create pods");
  expect(isApiError(fromAnswer, kind)).toBe(true);
  expect(isApiError(fromAnswer, kind === "gone" ? "transient" : "gone")).toBe(false);
});

test.each([
  ["a proxy's page", 502, "<h1>Bad Gateway</h1>", "transient"],
  ["nothing", 404, "", "notFound"],
  ["JSON that is no Status", 409, `{"kind":"Pod","reason":"AlreadyExists","message":"secret"}`, "conflict"],
  ["null", 500, "null", "transient"],
  ["a redirect", 302, "", "transient"],
])("%s instead of a Status goes by the number alone, and is not repeated", (_, status, body, kind) => {
  expect(errorOfAnswer("list pods", { status, body }, NOW)).toMatchObject({
    kind,
    message: `the API server answered ${status}`,
  });
});

test.each([
  ["seconds", "7", undefined, 7000],
  ["a date", "Thu, 01 Jan 2026 00:00:09 GMT", undefined, 9000],
  ["a date in the past", "Wed, 31 Dec 2025 23:00:00 GMT", undefined, 0],
  ["neither", "soon", undefined, undefined],
  ["only in the body", undefined, 3, 3000],
  ["in both", "7", 3, 7000],
  ["nowhere", undefined, undefined, undefined],
])("how long to wait: %s", (_, retryAfter, retryAfterSeconds, expected) => {
  const body = JSON.stringify(status(429, "TooManyRequests", "wait", { retryAfterSeconds }));
  expect(errorOfAnswer("list pods", { status: 429, retryAfter, body }, NOW).retryAfterMs).toBe(expected);
});

test("what cut the connection stays with the error", () => {
  const cause = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:6443"), { code: "ECONNREFUSED" });
  const error = errorOfConnection("get pods/a", cause);
  expect(error).toMatchObject({ kind: "transient", message: cause.message, cause });
  expect(error.status).toBeUndefined();
});

test("an error without a message says its code", () => {
  const cause = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });
  expect(errorOfConnection("get pods/a", cause).message).toBe("ECONNREFUSED");
});
