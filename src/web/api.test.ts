import { expect, test } from "vitest";
import { problem } from "../contracts/problem.ts";
import { failureOf } from "./api.ts";

test("a problem is shown by its sentence", () => {
  expect(failureOf(422, problem("branch_missing", "There is no branch x."))).toEqual({
    kind: "problem",
    code: "branch_missing",
    detail: "There is no branch x.",
  });
});

test("a problem with a code from a newer server keeps its sentence", () => {
  expect(failureOf(409, { code: "from_the_future", detail: "Not today." })).toEqual({
    kind: "problem",
    detail: "Not today.",
  });
});

test.each([null, "text", { detail: 7 }, []])("an answer that is no problem (%j) is told as such", (body) => {
  const failure = failureOf(500, body);
  expect(failure.kind).toBe("unexpected");
  expect(failure.detail).toContain("500");
});

test("signed out and missing are told apart", () => {
  expect(failureOf(401, null).kind).toBe("signed-out");
  expect(failureOf(404, null).kind).toBe("missing");
});
