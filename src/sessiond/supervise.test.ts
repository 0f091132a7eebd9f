import { expect, test } from "vitest";
import { afterCrash, isHung } from "./supervise.ts";

test("waits twice as long after each crash and gives up at the fifth", () => {
  const steps = [0, 1, 2, 3, 4].map((before) => afterCrash(before, 100));
  expect(steps).toEqual([
    { do: "restart", afterMs: 1_000, crashes: 1 },
    { do: "restart", afterMs: 2_000, crashes: 2 },
    { do: "restart", afterMs: 4_000, crashes: 3 },
    { do: "restart", afterMs: 8_000, crashes: 4 },
    { do: "give-up", crashes: 5 },
  ]);
});

test("counts anew after thirty seconds of uptime", () => {
  expect(afterCrash(4, 30_000)).toEqual({ do: "restart", afterMs: 1_000, crashes: 1 });
  expect(afterCrash(4, 29_999)).toEqual({ do: "give-up", crashes: 5 });
});

test.each([
  { why: "two failures", failures: [90_000, 99_000], busy: false, lastEventAt: 0, hung: false },
  { why: "three failures", failures: [80_000, 90_000, 99_000], busy: false, lastEventAt: 99_000, hung: true },
  { why: "failures long ago", failures: [10_000, 60_000, 99_000], busy: false, lastEventAt: 0, hung: false },
  {
    why: "a turn that tells something",
    failures: [80_000, 90_000, 99_000],
    busy: true,
    lastEventAt: 99_000,
    hung: false,
  },
  { why: "a silent turn", failures: [80_000, 90_000, 99_000], busy: true, lastEventAt: -80_000, hung: true },
])("after $why: hung is $hung", ({ hung, ...pulse }) => {
  expect(isHung(pulse, 100_000)).toBe(hung);
});
