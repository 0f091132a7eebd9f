import { describe, expect, test } from "vitest";
import { explainClone, explainConfig, explainException, explainSessiondExit } from "./explain-failure.ts";

const step = (code: number, ...tail: string[]) => ({ code, timedOut: false, tail });

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
