import { readFile, rename, writeFile } from "node:fs/promises";
import { z } from "zod";
import { type ProcessId, bootId, isAlive } from "./proc.ts";

const RunRecord = z.object({ pid: z.number().int().min(2), startTime: z.string(), bootId: z.string() });

/** Notes which process is the session's sessiond, for a router that is started later. */
export async function writeRunRecord(path: string, { pid, startTime }: ProcessId): Promise<void> {
  const record: z.infer<typeof RunRecord> = { pid, startTime, bootId: await bootId() };
  await writeFile(`${path}.next`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${path}.next`, path);
}

/** @returns the noted process if it still lives: the same one, not a later one of that number. */
export async function readRunRecord(path: string): Promise<ProcessId | undefined> {
  const record = parse(await readFile(path, "utf8").catch(() => ""));
  if (record === undefined || record.bootId !== (await bootId())) return undefined;
  const process = { pid: record.pid, startTime: record.startTime };
  return (await isAlive(process)) ? process : undefined;
}

function parse(text: string): z.infer<typeof RunRecord> | undefined {
  try {
    return RunRecord.parse(JSON.parse(text));
  } catch {
    // Missing or half-written: then the processes are found by their mark.
    return undefined;
  }
}
