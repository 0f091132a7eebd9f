import { beforeEach, expect, test } from "vitest";
import type { SessionHash } from "../contracts/session-hash.ts";
import { silentLog } from "../lib/log.ts";
import { stopping, type Use } from "./idle.ts";
import { reapOnce, type IdleReaperParts } from "./idle-reaper.ts";

const hash = "0123456789ab" as SessionHash;
const TIMEOUT = 60_000;
let now = 0;
let use: Use;
let stopped: string[];
let touched: string[];

beforeEach(() => {
  now = 1_000_000;
  use = { lastActivity: now - TIMEOUT, busy: false };
  stopped = [];
  touched = [];
});

const parts = (rest: Partial<IdleReaperParts> = {}): IdleReaperParts => ({
  running: () => [{ hash, use }],
  isBusy: () => Promise.resolve(false),
  touch: (which) => touched.push(which),
  stop: (which) => Promise.resolve(stopped.push(which)),
  timeoutMs: TIMEOUT,
  clock: { now: () => now, sleep: () => Promise.resolve() },
  log: silentLog,
  ...rest,
});

test("an idle session is stopped", async () => {
  await reapOnce(parts());
  expect(stopped).toEqual([hash]);
});

test("one that was used within the time is not", async () => {
  use = { lastActivity: now - TIMEOUT + 1, busy: false };
  await reapOnce(parts());
  expect(stopped).toEqual([]);
});

test("a busy one is not, and its work counts as activity", async () => {
  use = { lastActivity: 0, busy: true };
  await reapOnce(parts());
  expect([stopped, touched]).toEqual([[], [hash]]);
});

test("the session's own word counts more than what was pushed", async () => {
  await reapOnce(parts({ isBusy: () => Promise.resolve(true) }));
  expect([stopped, touched]).toEqual([[], [hash]]);
});

test("one that does not answer is left alone", async () => {
  await reapOnce(parts({ isBusy: () => Promise.reject(new Error("no answer")) }));
  expect(stopped).toEqual([]);
});

test("one that is used while it is asked stays", async () => {
  const isBusy = () => {
    use = { lastActivity: now, busy: false };
    return Promise.resolve(false);
  };
  await reapOnce(parts({ isBusy }));
  expect(stopped).toEqual([]);
});

test("a session tells when it stops, and what keeps it", () => {
  expect(stopping({ lastActivity: 5, busy: false }, 10, 100).stopsAt).toBe(105);
  expect(stopping({ lastActivity: 5, busy: true }, 10, 100)).toEqual({
    stopsAt: 110,
    keptBy: "The agent works, or waits for your answer.",
  });
});
