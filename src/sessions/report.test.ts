import { expect, test } from "vitest";
import type { Crash } from "../contracts/status.ts";
import { sampleReport, sampleStatus } from "../../test/harness/sample-report.ts";
import { sampleSession } from "../../test/harness/sample-session.ts";
import { absorbReport } from "./report.ts";

const conversation = { id: "ses_1", directory: "/home/workspace", title: "Greeting" };
const known = sampleSession({
  initialMessageDone: true,
  title: "Greeting",
  conversation: { id: "ses_1", directory: "/home/workspace" },
});

test("nothing is stored when nothing is different", () => {
  expect(absorbReport(known, sampleReport({ conversation, initialMessageDone: true }))).toBeUndefined();
  expect(absorbReport(sampleSession(), sampleReport())).toBeUndefined();
});

test("a conversation and its title are stored", () => {
  expect(absorbReport(sampleSession(), sampleReport({ conversation }))).toEqual({
    conversation: { id: "ses_1", directory: "/home/workspace" },
    title: "Greeting",
  });
});

test("only what changed is stored", () => {
  const renamed = sampleReport({ conversation: { ...conversation, title: "Farewell" }, initialMessageDone: true });
  expect(absorbReport(known, renamed)).toEqual({ title: "Farewell" });
  const moved = sampleReport({ conversation: { ...conversation, directory: "/elsewhere" } });
  expect(absorbReport(known, moved)).toEqual({ conversation: { id: "ses_1", directory: "/elsewhere" } });
});

test("a message that was given stays given", () => {
  expect(absorbReport(sampleSession(), sampleReport({ initialMessageDone: true }))).toEqual({
    initialMessageDone: true,
  });
  expect(absorbReport(known, sampleReport({ conversation, initialMessageDone: false }))).toBeUndefined();
});

test("a conversation that is not told of is not forgotten", () => {
  expect(absorbReport(known, sampleReport({ conversation: null, initialMessageDone: true }))).toBeUndefined();
});

const lastCrash: Crash = {
  at: "2026-01-02T03:04:05.000Z",
  exitCode: 3,
  signal: null,
  uptimeMs: 5,
  class: "nonzero_exit",
  tail: ["error: the moon is full"],
};
const givenUp = sampleReport({
  status: sampleStatus({ opencode: { state: "error", pid: null, startedAt: null, healthy: false, lastCrash } }),
});

test("an agent that was given up is a failure with its last words", () => {
  expect(absorbReport(sampleSession(), givenUp)?.failure).toEqual({
    reason: "agent_crashed",
    message: expect.stringMatching(/exit code 3.*the moon is full/) as string,
  });
});

test("it is none when the session is not wanted, or has failed already", () => {
  const failure = { reason: "timeout", message: "x" } as const;
  for (const record of [sampleSession({ desired: "stopped" }), sampleSession({ failure })])
    expect(absorbReport(record, givenUp)).toBeUndefined();
});
