import { readFile, readdir } from "node:fs/promises";

/** A process that cannot be mistaken for a later one of the same number. */
export interface ProcessId {
  readonly pid: number;
  /** Start time in clock ticks since boot: field 22 of `/proc/<pid>/stat`. */
  readonly startTime: string;
}

export interface ProcessStat extends ProcessId {
  readonly parent: number;
  readonly group: number;
  readonly dead: boolean;
}

/** @param text of `/proc/<pid>/stat`; the name in it may hold spaces and parentheses. */
export function parseStat(text: string): ProcessStat | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, parent, group] = fields;
  const startTime = fields[19];
  if (state === undefined || parent === undefined || group === undefined || startTime === undefined) return undefined;
  return {
    pid: Number.parseInt(text, 10),
    startTime,
    parent: Number(parent),
    group: Number(group),
    dead: "ZXx".includes(state),
  };
}

/** @returns undefined when there is no such process any more, or it waits only to be reaped. */
export async function readProcess(pid: number): Promise<ProcessStat | undefined> {
  const stat = parseStat(await read(`/proc/${pid}/stat`));
  return stat === undefined || stat.dead ? undefined : stat;
}

export const isAlive = async ({ pid, startTime }: ProcessId): Promise<boolean> =>
  (await readProcess(pid))?.startTime === startTime;

export async function listProcesses(): Promise<ProcessStat[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = await Promise.all(pids.map(readProcess));
  return all.filter((process) => process !== undefined);
}

/** What the process was started with; empty when it is gone or belongs to somebody else. */
export const readEnviron = async (pid: number): Promise<string[]> => (await read(`/proc/${pid}/environ`)).split("\0");

export const bootId = async (): Promise<string> => (await read("/proc/sys/kernel/random/boot_id")).trim();

// A process may end between the look into /proc and the read: then it has nothing to tell.
const read = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
