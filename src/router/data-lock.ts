import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { processInfo } from "../lib/processes.ts";

/** Another router works on the same data folder. */
export class DataInUseError extends Error {}

/**
 * Marks the data folder as this process's: two routers would end each other's sessions. The mark of a router that was killed
 * is worth nothing, because the number and the start time of its process belong to nobody any more.
 * @returns a function that takes the mark away
 */
export async function lockData(dataDir: string): Promise<() => Promise<void>> {
  const file = join(dataDir, "router.pid");
  const holder = parse(await readFile(file, "utf8").catch(() => ""));
  if (holder && processInfo(holder.pid)?.startTicks === holder.startTicks && holder.pid !== process.pid)
    throw new DataInUseError(
      `DATA_DIR: the router with process number ${holder.pid} uses ${dataDir}. Stop it first, or set DATA_DIR.`,
    );
  const startTicks = processInfo(process.pid)?.startTicks ?? 0;
  await writeFileAtomic(file, `${process.pid} ${startTicks}\n`);
  return () => rm(file, { force: true });
}

function parse(text: string): { pid: number; startTicks: number } | undefined {
  const [pid, startTicks] = text.trim().split(" ").map(Number);
  return pid !== undefined && startTicks !== undefined && pid > 0 ? { pid, startTicks } : undefined;
}
