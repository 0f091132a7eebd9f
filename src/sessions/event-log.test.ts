import { expect, test } from "vitest";
import { RecentEvents } from "./event-log.ts";

function logOf(...events: string[]): RecentEvents<string> {
  const log = new RecentEvents<string>(3);
  for (const event of events) log.add(event);
  return log;
}

test("events are numbered from 1, and read one after the other", () => {
  const log = logOf("a", "b");
  expect(log.last).toBe(2);
  expect([0, 1, 2].map((n) => log.next(n))).toEqual([{ n: 1, event: "a" }, { n: 2, event: "b" }, undefined]);
});

test("only the last are kept, and who needs an older one is told", () => {
  const log = logOf("a", "b", "c", "d", "e");
  expect(log.events.map(({ event }) => event)).toEqual(["c", "d", "e"]);
  expect([0, 1, 2, 3, 4, 5, 6].map((n) => log.reaches(n))).toEqual([false, false, true, true, true, true, false]);
});

test("two logs have two epochs", () => {
  expect(logOf().epoch).not.toBe(logOf().epoch);
});
