import { expect, test } from "vitest";
import { SHARE_ENDS, TOKEN_ENDS, endsAt } from "./ends.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

test("ends so much later, or not at all", () => {
  expect(SHARE_ENDS.map((ends) => endsAt(ends, NOW))).toEqual([
    "2026-01-01T01:00:00.000Z",
    "2026-01-02T00:00:00.000Z",
    "2026-01-08T00:00:00.000Z",
    undefined,
  ]);
  expect(TOKEN_ENDS.map((ends) => endsAt(ends, NOW)?.slice(0, 10))).toEqual([
    "2026-01-08",
    "2026-01-31",
    "2026-04-01",
    "2027-01-01",
    undefined,
  ]);
});
