import { readFile } from "node:fs/promises";

/** Resident memory of a process, in MB. */
export async function residentMb(pid: number): Promise<number> {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} does not run`);
  return Number(kilobytes) / 1024;
}
