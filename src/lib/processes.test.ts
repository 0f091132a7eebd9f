import { expect, test } from "vitest";
import { ancestors, descendants, listProcesses, parseStat, type ProcessInfo } from "./processes.ts";

test("a program's name may hold spaces and brackets", () => {
  const rest = "S 7 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 0 0";
  expect(parseStat(`42 (a) b (c) ${rest}`)).toEqual({
    pid: 42,
    parent: 7,
    group: 42,
    startTicks: 98765,
    zombie: false,
  });
  expect(parseStat("")).toBeUndefined();
});

test("finds children of children, and parents of parents", () => {
  const info = (pid: number, parent: number): ProcessInfo => ({
    pid,
    parent,
    group: pid,
    startTicks: 0,
    zombie: false,
  });
  const all = [info(1, 0), info(2, 1), info(3, 2), info(4, 3), info(5, 1)];
  expect([...descendants(2, all)].toSorted()).toEqual([3, 4]);
  expect([...ancestors(4, all)]).toEqual([3, 2, 1]);
});

test("sees itself", () => {
  expect(listProcesses().find(({ pid }) => pid === process.pid)?.parent).toBe(process.ppid);
});
