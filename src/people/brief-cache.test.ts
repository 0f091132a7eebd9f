import { expect, test } from "vitest";
import { BriefCache } from "./brief-cache.ts";

function counting({ maxSize = 100 } = {}) {
  let time = 0;
  const loaded: string[] = [];
  const cache = new BriefCache<string>({ keepMs: 60, maxSize, sizeOf: (value) => value.length, now: () => time });
  return {
    loaded,
    pass: (ms: number) => (time += ms),
    get: (key: string, value = key) =>
      cache.get(key, async () => {
        loaded.push(key);
        if (value === "fails") throw new Error("no");
        return value;
      }),
  };
}

test("an answer is asked for once, until it is old", async () => {
  const { get, pass, loaded } = counting();
  expect(await Promise.all([get("a"), get("a"), get("b")])).toEqual(["a", "a", "b"]);
  pass(59);
  await get("a");
  expect(loaded).toEqual(["a", "b"]);
  pass(1);
  await get("a");
  expect(loaded).toEqual(["a", "b", "a"]);
});

test("a failure is told to all who wait, and not kept", async () => {
  const { get, loaded } = counting();
  const outcomes = await Promise.allSettled([get("a", "fails"), get("a", "fails")]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await get("a", "good")).toBe("good");
  expect(loaded).toEqual(["a", "a"]);
});

test("the oldest make room", async () => {
  const { get, loaded } = counting({ maxSize: 10 });
  await get("a", "12345");
  await get("b", "12345");
  await get("c", "1");
  await get("b");
  await get("c");
  expect(loaded).toEqual(["a", "b", "c"]);
  await get("a", "12345");
  expect(loaded).toEqual(["a", "b", "c", "a"]);
});

test("what is too large is not kept, and takes nothing else with it for good", async () => {
  const { get, loaded } = counting({ maxSize: 3 });
  await get("large", "12345");
  await get("large", "12345");
  await get("a");
  await get("a");
  expect(loaded).toEqual(["large", "large", "a"]);
});
