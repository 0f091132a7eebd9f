import { expect, test } from "vitest";
import { statusOf } from "./status.ts";

test.each([0, 99, 100, 101, 199, 1000])("%d is the status of no final answer", (statusCode) => {
  expect(statusOf({ statusCode, statusMessage: "OK" })).toBeUndefined();
});
test.each([
  [200, "OK", "OK"],
  [404, "", ""],
  [599, "Caf\xe9 \t!", "Caf\xe9 \t!"],
  [200, "O\x01K", "OK"],
  [200, "\u0100", "OK"],
  [799, "\x7f", ""],
])("%d %j is passed on as %j", (statusCode, statusMessage, reason) => {
  expect(statusOf({ statusCode, statusMessage })).toEqual({ code: statusCode, reason });
});
