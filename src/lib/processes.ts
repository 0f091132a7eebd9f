import { readFileSync, readdirSync } from "node:fs";

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Clock ticks since boot: tells a process from a later one with the same number. */
  readonly startTicks: number;
  readonly zombie: boolean;
}

/** All processes that can be seen now. */
export function listProcesses(): ProcessInfo[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processInfo(Number(name)))
    .filter((info) => info !== undefined);
}

export function processInfo(pid: number): ProcessInfo | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : parseStat(stat);
}

/** The second field is the program's name in brackets and may itself hold spaces and brackets. */
export function parseStat(stat: string): ProcessInfo | undefined {
  const pid = Number.parseInt(stat, 10);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, parent, group] = fields;
  const startTicks = Number(fields[19]);
  if (Number.isNaN(pid) || state === undefined || Number.isNaN(startTicks)) return undefined;
  return { pid, parent: Number(parent), group: Number(group), startTicks, zombie: state === "Z" || state === "X" };
}

/** Whether a process was started with `entry` (`NAME=value`) in its environment. */
export function hasEnvironment(pid: number, entry: string): boolean {
  const environment = readProc(`/proc/${pid}/environ`);
  // Both as bytes, one character each: a path may hold anything.
  const bytes = Buffer.from(entry).toString("latin1");
  return environment !== undefined && `\0${environment}`.includes(`\0${bytes}\0`);
}

/** Children of `root`, their children, and so on. */
export function descendants(root: number, processes: readonly ProcessInfo[]): Set<number> {
  const children = new Map<number, number[]>();
  for (const { pid, parent } of processes) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const found = new Set<number>();
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    for (const child of children.get(pid) ?? []) {
      if (found.has(child)) continue;
      found.add(child);
      open.push(child);
    }
  }
  return found;
}

/** The parents of a process up to the first. */
export function ancestors(pid: number, processes: readonly ProcessInfo[]): Set<number> {
  const parents = new Map(processes.map((info) => [info.pid, info.parent]));
  const found = new Set<number>();
  for (let at = parents.get(pid); at !== undefined && at !== 0 && !found.has(at); at = parents.get(at)) found.add(at);
  return found;
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // The process has ended, or is not ours to look at.
    return undefined;
  }
}
