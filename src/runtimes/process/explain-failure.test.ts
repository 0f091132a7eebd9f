import { describe, expect, test } from "vitest";
import type { Crash } from "../../contracts/status.ts";
import {
  explainAgentCrash,
  explainClone,
  explainConfig,
  explainException,
  explainSessiondExit,
  sanitise,
} from "./explain-failure.ts";

const step = (code: number, ...tail: string[]) => ({ code, timedOut: false, tail });

const crash = (change: Partial<Crash>): Crash => ({
  at: "2026-01-01T00:00:00.000Z",
  exitCode: 1,
  signal: null,
  uptimeMs: 10,
  class: "nonzero_exit",
  tail: [],
  ...change,
});

describe("a clone that failed", () => {
  test("is told in git's own words, without credentials, with what to do", () => {
    const { reason, message } = explainClone(
      step(
        69,
        "fatal: Authentication failed for 'https://ann:s3cret@example.org/x.git/'",
        "workspace: git clone failed",
      ),
    );
    expect(reason).toBe("clone_failed");
    expect(message).toContain("Authentication failed for 'https://example.org/x.git/'");
    expect(message).not.toContain("s3cret");
    expect(message).toContain("credentials");
  });

  test("falls back to the step's words, then to the exit code", () => {
    expect(
      explainClone(step(66, "workspace: neither the branch nor its source branch is on the remote")).message,
    ).toMatch(/neither the branch .* Create the source branch/);
    expect(explainClone(step(137)).message).toContain("exit code 137");
  });

  test("is a full disk or a time-out when it is that", () => {
    expect(
      explainClone(step(69, "error: unable to write file x: No space left on device", "fatal: failed")).reason,
    ).toBe("disk_full");
    expect(explainClone({ code: null, timedOut: true, tail: [] }).reason).toBe("timeout");
  });
});

test("a configuration step tells its last line", () => {
  expect(
    explainConfig(step(65, "config: x.json is not a valid JSON object", "config: the defaults cannot be used")),
  ).toMatchObject({
    reason: "config_failed",
    message: expect.stringContaining("the defaults cannot be used") as string,
  });
  expect(explainConfig(step(74, "config: cannot write x: No space left on device")).reason).toBe("disk_full");
});

describe("an agent that crashed", () => {
  test("is told with its class and its last meaningful line", () => {
    const tail = [
      "Error: Cannot find module 'yargs'",
      "    at Module._resolve (x.js:1:1)",
      "}",
      "",
      "Node.js v20.20.0",
    ];
    const { reason, message } = explainAgentCrash(crash({ class: "missing_dependency", tail }));
    expect(reason).toBe("agent_crashed");
    expect(message).toContain("missing_dependency");
    expect(message).toContain("Error: Cannot find module 'yargs'.");
    expect(message).toContain("OPENCODE_BIN");
  });

  test("by a signal, without a line, or without a crash report, is still a sentence", () => {
    expect(explainAgentCrash(crash({ exitCode: null, signal: "SIGKILL", class: "oom" })).message).toContain(
      "signal SIGKILL",
    );
    expect(explainAgentCrash(undefined).message).toContain("opencode does not stay up");
  });

  test("because of a full disk is a full disk", () => {
    expect(explainAgentCrash(crash({ tail: ["SQLiteError: database or disk is full"] })).reason).toBe("disk_full");
  });
});

test("sessiond's JSON log lines are told by their message", () => {
  const line = JSON.stringify({ level: "error", msg: 'cannot listen on "x"' });
  expect(explainSessiondExit(["older", line])).toEqual({
    reason: "sessiond_crashed",
    message: `The session's own daemon ended unexpectedly. cannot listen on "x". Start the session again.`,
  });
});

test("an exception is a full disk by its code, else a sentence", () => {
  expect(explainException(new Error("ENOSPC: no space left on device, write")).reason).toBe("disk_full");
  expect(explainException(new Error("EACCES: permission denied, mkdir '/x'"))).toMatchObject({
    reason: "config_failed",
  });
});

test("sanitise keeps one plain line of bounded length", () => {
  expect(sanitise("\u001B[31mred\u001B[0m\tx\r\nhttps://tok:x@h/p")).toBe("red x https://h/p");
  expect(sanitise("x".repeat(1000)).length).toBeLessThan(310);
});
