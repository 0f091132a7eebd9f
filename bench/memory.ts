import { readFile } from "node:fs/promises";

/** Resident memory of a process, in MB. */
export const residentMb = (pid: number): Promise<number> => read(pid, "VmRSS");

/** The most that it ever had. */
export const peakMb = (pid: number): Promise<number> => read(pid, "VmHWM");

async function read(pid: number, field: "VmRSS" | "VmHWM"): Promise<number> {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(
    await readFile(`/proc/${pid}/status`, "utf8"),
  )?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} does not run`);
  return Number(kilobytes) / 1024;
}
