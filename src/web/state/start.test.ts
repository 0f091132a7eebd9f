import { expect, test } from "vitest";
import type { Session } from "../../contracts/session.ts";
import { LOADING, nextStart, stageMarks } from "./start.ts";
import type { StartInput, StartState } from "./start.ts";

const session = (fields: Partial<Session>): StartInput => ({
  event: "session",
  data: {
    hash: "0123456789ab",
    owner: "ada@example.org",
    repoUrl: "https://github.com/acme/shop",
    branch: "b",
    sourceBranch: "main",
    state: "running",
    url: null,
    attachUrl: "",
    ideUrl: "",
    createdAt: "2026-01-01T00:00:00Z",
    lastActivity: "2026-01-01T00:00:00Z",
    busy: false,
    ports: [],
    usage: { inputTokens: 0, outputTokens: 0, costUsd: 0 },
    ...fields,
  },
});
const play = (...inputs: StartInput[]): StartState => inputs.reduce(nextStart, LOADING);
const progress = (stage: "queued" | "cloning" | "booting"): StartInput => ({
  event: "progress",
  data: { stage, message: "" },
});

test("a start goes through its stages to its link", () => {
  expect(play(session({ state: "starting", progress: "queued" }), progress("cloning"))).toEqual({
    at: "starting",
    stage: "cloning",
    seen: ["queued", "cloning"],
  });
  expect(play(progress("cloning"), { event: "complete", data: { url: "https://x" } })).toEqual({
    at: "running",
    url: "https://x",
  });
});

test("a running session without a link is still starting", () => {
  expect(play(session({ state: "running", url: null }))).toMatchObject({ at: "starting", stage: "booting" });
  expect(play(session({ state: "running", url: "https://x" }))).toEqual({ at: "running", url: "https://x" });
});

test("the events of a start end in a failure, a stop or nothing at all", () => {
  const error = (code: "clone_failed" | "stopped" | "deleted") =>
    play(progress("cloning"), { event: "error", data: { code, message: "Because." } });
  expect(error("clone_failed")).toEqual({ at: "failed", message: "Because." });
  expect(error("stopped")).toEqual({ at: "stopped" });
  expect(error("deleted")).toEqual({ at: "missing" });
});

test("a second start does not claim the stages of the first", () => {
  const again = play(progress("cloning"), session({ state: "failed", message: "No." }), progress("queued"));
  expect(again).toEqual({ at: "starting", stage: "queued", seen: ["queued"] });
});

test("a state change to running or failed waits for the event that says more", () => {
  const running = play(progress("booting"), { event: "state_change", data: { state: "running" } });
  expect(running).toMatchObject({ at: "starting", stage: "booting" });
  expect(play(progress("booting"), { event: "state_change", data: { state: "stopping" } })).toEqual({ at: "stopping" });
});

test("a request that fails late does not hide what the streams told", () => {
  const late: StartInput = { event: "unreachable", data: "No network." };
  expect(play(late)).toEqual({ at: "unreachable", detail: "No network." });
  expect(play(progress("cloning"), late)).toMatchObject({ at: "starting" });
});

test("only stages that were seen are marked as done", () => {
  const state = { at: "starting", stage: "booting", seen: ["queued", "booting"] } as const;
  const marks = Object.fromEntries(stageMarks(state, true).map(({ stage, mark }) => [stage, mark]));
  expect(marks).toEqual({
    queued: "done",
    scheduling: "passed",
    pulling: "passed",
    configuring: "passed",
    cloning: "passed",
    booting: "current",
    ready: "ahead",
  });
  expect(stageMarks(state, false).map(({ stage }) => stage)).not.toContain("cloning");
});
