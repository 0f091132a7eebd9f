import fc from "fast-check";
import { expect, test } from "vitest";
import { formatEventId, newEpoch, parseEventId } from "./event-id.ts";

test("an id is read as it was written", () => {
  fc.assert(
    fc.property(fc.nat(), (n) => {
      const id = { epoch: newEpoch(), n };
      expect(parseEventId(formatEventId(id))).toEqual(id);
    }),
  );
});

test("no two epochs are the same", () => {
  expect(new Set(Array.from({ length: 100 }, newEpoch)).size).toBe(100);
});

test.each([
  undefined,
  "",
  "7",
  "0123456789ab",
  "0123456789ab-",
  "0123456789ab--1",
  "0123456789ab-1e3",
  "0123456789ab-1.5",
  "0123456789ab-9999999999999999",
  "0123456789AB-1",
  "0123456789ab-1\n",
  "0123456789ab-1, 0123456789ab-2",
  "x".repeat(10_000),
  "../../etc/passwd",
])("%j is nobody's id", (text) => {
  expect(parseEventId(text)).toBeUndefined();
});
