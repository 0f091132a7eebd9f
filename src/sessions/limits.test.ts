import { describe, expect, test } from "vitest";
import { ProblemError } from "../contracts/problem.ts";
import { checkMayCreate, checkMayRun, type Counts } from "./limits.ts";

const limits = { maxSessions: 3, maxRunning: 2, maxStarts: 4 };
const counts = (change: Partial<Counts>): Counts => ({ sessions: 0, running: 0, starting: 0, ...change });

function refusal(check: () => void): ProblemError {
  try {
    check();
  } catch (cause) {
    if (cause instanceof ProblemError) return cause;
    throw cause;
  }
  throw new Error("it was not refused");
}

describe("up to the limit", () => {
  test("a session may be made and run", () => {
    expect(() => checkMayCreate(limits, counts({ sessions: 2, running: 1, starting: 3 }))).not.toThrow();
    expect(() => checkMayRun(limits, counts({ running: 1, starting: 3 }))).not.toThrow();
  });

  test("running one more does not ask how many there are", () => {
    expect(() => checkMayRun(limits, counts({ sessions: 99 }))).not.toThrow();
  });
});

describe("at the limit", () => {
  test.each([
    ["MAX_SESSIONS_PER_USER of 3", () => checkMayCreate(limits, counts({ sessions: 3 }))],
    ["MAX_RUNNING_PER_USER of 2", () => checkMayCreate(limits, counts({ running: 2 }))],
    ["MAX_RUNNING_PER_USER of 2", () => checkMayRun(limits, counts({ running: 2 }))],
    ["MAX_CONCURRENT_STARTS of 4", () => checkMayRun(limits, counts({ starting: 4 }))],
  ])("%s is named, with what to do and when", (name, check) => {
    const { problem, headers } = refusal(check);
    expect(problem).toMatchObject({ code: "limit_reached", status: 429 });
    expect(problem.detail).toMatch(new RegExp(`^The limit ${name} is reached\\. \\S.+\\.$`));
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
  });

  test("a limit that was lowered later refuses, too", () => {
    expect(() => checkMayRun(limits, counts({ running: 7 }))).toThrow(/MAX_RUNNING_PER_USER/);
  });
});
