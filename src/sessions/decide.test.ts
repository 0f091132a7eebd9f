import { describe, expect, test } from "vitest";
import type { Failure } from "../contracts/session.ts";
import type { Observed } from "../runtimes/runtime.ts";
import { decide, MAX_FAILED_STARTS, shownState } from "./decide.ts";

const clone: Failure = { reason: "clone_failed", message: "x" };
const crash: Failure = { reason: "sessiond_crashed", message: "x" };
const absent: Observed = { phase: "absent" };
const running: Observed = { phase: "running" };
const starting: Observed = { phase: "starting", stage: "cloning" };
const stopping: Observed = { phase: "stopping" };
const stuck: Observed = { phase: "stopping", stuck: crash };
const failed = (failure: Failure): Observed => ({ phase: "failed", failure });
const wish = (desired: "running" | "stopped" | "deleted", rest: { failure?: Failure; failedStarts?: number } = {}) => ({
  desired,
  failure: rest.failure ?? null,
  failedStarts: rest.failedStarts ?? 0,
});

describe("decide", () => {
  test.each([
    ["starts what is wanted and not there", wish("running"), absent, { do: "start" }],
    ["lets a start go on", wish("running"), starting, { do: "none" }],
    ["waits for the old processes before a new start", wish("running"), stopping, { do: "none" }],
    ["waits for them also when they are overdue", wish("running"), stuck, { do: "none" }],
    ["leaves a running session alone", wish("running"), running, { do: "none" }],
    ["forgets failures once it runs", wish("running", { failedStarts: 2 }), running, { do: "forget-failures" }],
    [
      "does not repeat what needs a person",
      wish("running"),
      failed(clone),
      { do: "record-failure", failure: clone, again: false },
    ],
    ["repeats what may go away", wish("running"), failed(crash), { do: "record-failure", failure: crash, again: true }],
    [
      "gives up after five in a row",
      wish("running", { failedStarts: MAX_FAILED_STARTS - 1 }),
      failed(crash),
      { do: "record-failure", failure: crash, again: false },
    ],
    ["starts nothing after a recorded failure", wish("running", { failure: clone }), absent, { do: "none" }],
    [
      "ends what goes on running after a recorded failure",
      wish("running", { failure: clone }),
      running,
      { do: "stop" },
    ],
    ["stops what is not wanted", wish("stopped"), running, { do: "stop" }],
    ["stops a start that is not wanted any more", wish("stopped"), starting, { do: "stop" }],
    ["has nothing to do when it is stopped", wish("stopped"), absent, { do: "none" }],
    ["waits while it is stopping", wish("stopped"), stopping, { do: "none" }],
    ["deletes whatever the state", wish("deleted"), running, { do: "remove" }],
    ["deletes what is not there, too", wish("deleted"), absent, { do: "remove" }],
  ] as const)("%s", (_name, record, observed, action) => {
    expect(decide(record, observed)).toEqual(action);
  });
});

describe("shownState", () => {
  test.each([
    [wish("deleted"), running, { state: "deleting" }],
    [wish("stopped"), running, { state: "stopping" }],
    [wish("stopped"), absent, { state: "stopped" }],
    [wish("running", { failure: clone }), absent, { state: "failed", failure: clone }],
    [wish("running"), absent, { state: "starting", stage: "queued" }],
    [wish("running"), stopping, { state: "starting", stage: "queued" }],
    [wish("running"), stuck, { state: "failed", failure: crash }],
    [wish("stopped"), stuck, { state: "stopping" }],
    [wish("running"), starting, { state: "starting", stage: "cloning" }],
    [wish("running"), running, { state: "running" }],
  ] as const)("%j seen as %j", (record, observed, shown) => {
    expect(shownState(record, observed)).toEqual(shown);
  });
});
