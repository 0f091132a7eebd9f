import { describe, expect, test } from "vitest";
import type { Session } from "../contracts/session.ts";
import { startEvents } from "./start-log.ts";

const session = (rest: Partial<Session>): Session => ({ state: "starting", url: null, ...rest }) as Session;
const names = (before: Session | undefined, now: Session | undefined) =>
  [...startEvents(before, now)].map((e) => e.event);

describe("what is told of a start", () => {
  test("the first view: state and stage", () => {
    expect(names(undefined, session({ progress: "queued" }))).toEqual(["state_change", "progress"]);
  });
  test("only what changed", () => {
    const before = session({ progress: "cloning" });
    expect(names(before, session({ progress: "cloning" }))).toEqual([]);
    expect(names(before, session({ progress: "booting" }))).toEqual(["progress"]);
  });
  test("running without a link is not complete", () => {
    expect(names(session({}), session({ state: "running" }))).toEqual(["state_change"]);
    const url = "http://x/session/1";
    expect(names(session({ state: "running" }), session({ state: "running", url }))).toEqual(["progress", "complete"]);
  });
  test("a failure has its reason and sentence", () => {
    const failed = session({ state: "failed", reason: "clone_failed", message: "Why." });
    expect([...startEvents(session({}), failed)].at(-1)).toEqual({
      event: "error",
      data: { code: "clone_failed", message: "Why." },
    });
  });
  test("a stopped or deleted session will not start", () => {
    expect(names(session({}), session({ state: "stopped" }))).toEqual(["state_change", "error"]);
    expect(names(session({}), undefined)).toEqual(["error"]);
  });
});
