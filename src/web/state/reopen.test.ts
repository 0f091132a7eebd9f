import { expect, test } from "vitest";
import { reopenDelayMs } from "./reopen.ts";

test("the delay doubles up to half a minute and is spread over its second half", () => {
  expect([1, 2, 3, 6, 20].map((failures) => reopenDelayMs(failures, 1))).toEqual([1000, 2000, 4000, 30_000, 30_000]);
  expect(reopenDelayMs(3, 0)).toBe(2000);
});
