import { expect, test } from "vitest";
import { Bell } from "./bell.ts";

test("what rang before the reader came is told once", async () => {
  const left = new AbortController();
  const bell = new Bell(left.signal);
  bell.ring();
  bell.ring();
  expect(await bell.rung()).toBe(true);
  const next = bell.rung();
  expect(await Promise.race([next, new Promise((resolve) => setImmediate(resolve, "silent"))])).toBe("silent");
  bell.ring();
  expect(await next).toBe(true);
});

test("a reader that is gone does not wait", async () => {
  const left = new AbortController();
  const bell = new Bell(left.signal);
  const waiting = bell.rung();
  left.abort();
  expect(await waiting).toBe(false);
  bell.ring();
  expect(await bell.rung()).toBe(false);
});
