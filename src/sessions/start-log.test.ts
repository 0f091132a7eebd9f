import { describe, expect, test } from "vitest";
import type { Session } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import { StartLog, StartLogs, startEvents } from "./start-log.ts";

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
  test("a session that stays as it is tells nothing again", () => {
    const url = "http://x/session/1";
    for (const same of [
      session({ state: "running", url }),
      session({ state: "failed", reason: "timeout", message: "Why." }),
      session({ state: "stopped" }),
      session({ state: "deleting" }),
    ])
      expect(names(same, { ...same })).toEqual([]);
  });
});

describe("the log of a session's starts", () => {
  const stages = [
    session({ progress: "queued" }),
    session({ progress: "cloning" }),
    session({ progress: "booting" }),
    session({ state: "running" }),
    session({ state: "running", url: "http://x/session/1" }),
    session({ state: "stopping" }),
    session({ state: "stopped" }),
    session({ progress: "queued" }),
  ];

  test("has at every moment what tells the state to a newcomer, under the numbers that others know", () => {
    const log = new StartLog();
    for (const now of stages) {
      log.look(now);
      const present = log.present();
      expect(present.map(({ event }) => event)).toEqual([...startEvents(undefined, now)]);
      for (const { n, event } of present) expect(log.next(n - 1)).toEqual({ n, event });
      expect(present.at(-1)?.n).toBe(log.last);
    }
  });

  test("is kept from the first question to the deletion", () => {
    const hash = "0123456789ab" as SessionHash;
    let now: Session | undefined = stages[0];
    const logs = new StartLogs(() => now);
    const told: SessionHash[] = [];
    logs.changes.subscribe((changed) => told.push(changed));
    logs.look(hash);
    const log = logs.get(hash);
    expect(log.last).toBe(2);
    now = stages[1];
    logs.look(hash);
    logs.look(hash);
    expect(told).toEqual([hash]);
    expect(logs.get(hash)).toBe(log);
    now = undefined;
    logs.look(hash);
    expect(log.next(log.last - 1)?.event).toMatchObject({ event: "error", data: { code: "deleted" } });
    expect(logs.get(hash)).not.toBe(log);
  });
});
