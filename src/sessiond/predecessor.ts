import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod/mini";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { processInfo } from "../lib/processes.ts";
import { killGroup } from "../lib/spawn.ts";

const Running = z.object({ pid: z.number(), startTicks: z.number() });

const pathIn = (stateDir: string): string => join(stateDir, "opencode.json");

/** Remembers which opencode runs, so that the next sessiond can end it if this one is killed. */
export async function rememberOpencode(stateDir: string, pid: number): Promise<void> {
  const info = processInfo(pid);
  if (info === undefined) return;
  const path = pathIn(stateDir);
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, JSON.stringify({ pid, startTicks: info.startTicks }));
}

/** Ends the opencode that a killed sessiond left: two on one database would not hear of each other. */
export function endLeftOpencode(stateDir: string): boolean {
  const left = read(pathIn(stateDir));
  if (left === undefined || processInfo(left.pid)?.startTicks !== left.startTicks) return false;
  return killGroup(left.pid, "SIGKILL");
}

function read(path: string): z.infer<typeof Running> | undefined {
  try {
    return Running.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    // None was started yet, or the file is not whole: nothing to end.
    return undefined;
  }
}
