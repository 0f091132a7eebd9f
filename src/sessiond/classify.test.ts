import { expect, test } from "vitest";
import { classifyCrash, type Death } from "./classify.ts";

const death = (change: Partial<Death>): Death => ({ exitCode: 1, signal: null, byUs: false, tail: [], ...change });

test.each([
  ["oom", { exitCode: null, signal: "SIGKILL" }],
  ["oom", { exitCode: 137 }],
  ["oom", { exitCode: 134, tail: ["FATAL ERROR: JavaScript heap out of memory"] }],
  ["unexpected_exit", { exitCode: null, signal: "SIGKILL", byUs: true }],
  ["unexpected_exit", { exitCode: 0 }],
  ["unexpected_exit", { exitCode: null, signal: "SIGSEGV" }],
  ["plugin_error", { tail: ["error: failed to load plugin file:///x.ts"] }],
  ["missing_dependency", { tail: ["sh: rg: command not found"] }],
  ["missing_dependency", { exitCode: 127, tail: ["error while loading shared libraries: libstdc++.so.6"] }],
  ["nonzero_exit", { tail: ["port in use"] }],
] as const)("%s: %o", (expected, change) => {
  expect(classifyCrash(death(change as Partial<Death>))).toBe(expected);
});
