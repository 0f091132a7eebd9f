import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import type { SessionHash } from "../../contracts/session-hash.ts";
import { systemClock } from "../../lib/clock.ts";
import { type ProcessInfo, processInfo } from "../../lib/processes.ts";
import { endProcesses, findProcesses, isAlive, withRelatives } from "./end-processes.ts";

const info = (pid: number, parent: number, group: number): ProcessInfo => ({
  pid,
  parent,
  group,
  startTicks: pid,
  zombie: false,
});

test("relatives are descendants and members of the groups, never init or oneself", () => {
  const all = [
    info(1, 0, 1),
    info(10, 1, 10),
    info(11, 10, 10),
    info(12, 11, 12),
    info(13, 1, 12),
    info(20, 1, 20),
    info(21, 20, 20),
  ];
  const pids = (roots: number[], self = 99) => withRelatives(all, roots, self).map(({ pid }) => pid);
  expect(pids([10])).toEqual([10, 11, 12, 13]);
  expect(pids([12])).toEqual([12, 13]);
  expect(pids([20], 21)).toEqual([20]);
  expect(pids([])).toEqual([]);
});

const mark = { hash: "0123456789ab" as SessionHash, home: "/tmp/hömé of nobody" };

function sleeper(env: Record<string, string>) {
  const child = spawn("/bin/sleep", ["600"], { env, detached: true, stdio: "ignore" });
  return { exited: once(child, "exit"), pid: child.pid ?? 0, [Symbol.dispose]: () => void child.kill("SIGKILL") };
}

test("only processes with the session's mark and home are ended, whoever their parent is", async () => {
  using ours = sleeper({ OPENCODE_ROUTER_SESSION: mark.hash, HOME: mark.home });
  using otherHome = sleeper({ OPENCODE_ROUTER_SESSION: mark.hash, HOME: "/tmp/other" });
  using otherHash = sleeper({ OPENCODE_ROUTER_SESSION: "ba9876543210", HOME: mark.home });
  expect(findProcesses(mark).map(({ pid }) => pid)).toEqual([ours.pid]);

  await endProcesses({ mark, leader: undefined, graceMs: 1000, clock: systemClock });
  await ours.exited;
  expect(findProcesses(mark)).toEqual([]);
  expect(processInfo(otherHome.pid)?.zombie).toBe(false);
  expect(processInfo(otherHash.pid)?.zombie).toBe(false);
});

test("a number that was given to another process is not that process", () => {
  const self = processInfo(process.pid);
  expect(self).toBeDefined();
  expect(isAlive({ pid: process.pid, startTicks: self?.startTicks ?? 0 })).toBe(true);
  expect(isAlive({ pid: process.pid, startTicks: 1 })).toBe(false);
});
