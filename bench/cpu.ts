import { readFile } from "node:fs/promises";

/** Clock ticks a second in which Linux tells the time of processes. */
const TICKS = 100;

/** CPU time that the processes have used since their starts, in seconds. */
export async function cpuSeconds(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(pids.map(cpuTicks));
  return each.reduce((sum, ticks) => sum + ticks, 0) / TICKS;
}

async function cpuTicks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name, in parentheses, may contain anything; utime and stime are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
