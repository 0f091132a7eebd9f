import { readFile } from "node:fs/promises";
import { z } from "zod";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { type ProcessId, isAlive } from "./end-processes.ts";

const RunRecord = z.object({ pid: z.number().int().min(2), startTicks: z.number(), bootId: z.string() });

/** Notes which process is the session's sessiond, for a router that is started later. */
export async function writeRunRecord(path: string, { pid, startTicks }: ProcessId): Promise<void> {
  const record: z.infer<typeof RunRecord> = { pid, startTicks, bootId: await bootId() };
  await writeFileAtomic(path, JSON.stringify(record));
}

/** @returns the noted process if it still lives: the same one, not a later one of that number, perhaps after a reboot. */
export async function readRunRecord(path: string): Promise<ProcessId | undefined> {
  const record = parse(await readFile(path, "utf8").catch(() => ""));
  if (record === undefined || record.bootId !== (await bootId())) return undefined;
  return isAlive(record) ? record : undefined;
}

const bootId = async (): Promise<string> => (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();

function parse(text: string): z.infer<typeof RunRecord> | undefined {
  try {
    return RunRecord.parse(JSON.parse(text));
  } catch {
    // Missing or half-written: then the processes are found by their mark.
    return undefined;
  }
}
