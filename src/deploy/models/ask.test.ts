import { expect, test } from "vitest";
import { retryAfterMs } from "./ask.ts";

const NOW = Date.parse("2026-01-31T12:00:00Z");

test.each<[string | string[] | undefined, number | undefined]>([
  ["0", 0],
  ["120", 120_000],
  ["Sat, 31 Jan 2026 12:00:30 GMT", 30_000],
  ["Sat, 31 Jan 2026 11:00:00 GMT", 0],
  ["soon", undefined],
  [["1", "2"], undefined],
  [undefined, undefined],
])("Retry-After: %j is %j ms", (header, ms) => {
  expect(retryAfterMs(header, NOW)).toBe(ms);
});
