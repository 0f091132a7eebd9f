import { describe, expect, test } from "vitest";
import { explainAgentCrash } from "./agent-crash.ts";
import type { Crash } from "./status.ts";

const crash = (change: Partial<Crash>): Crash => ({
  at: "2026-01-01T00:00:00.000Z",
  exitCode: 1,
  signal: null,
  uptimeMs: 10,
  class: "nonzero_exit",
  tail: [],
  ...change,
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
