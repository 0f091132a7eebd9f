import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Clock } from "../../lib/clock.ts";
import { processInfo } from "../../lib/processes.ts";
import { type ProcessId, isAlive } from "./end-processes.ts";
import { writeRunRecord } from "./run-record.ts";
import { baseEnv, secretEnv, sessiondEnv } from "./session-env.ts";
import { openSessionLog } from "./session-log.ts";
import type { Settings } from "./options.ts";
import type { SessionFolder } from "./session-folder.ts";
import type { SessionSpec } from "../runtime.ts";

export interface Sessiond {
  /** Settles when the process has ended; never when the watch was given up before. */
  readonly exited: Promise<void>;
  /** Offset in sessiond's log from which on the lines are of this process. */
  readonly logFrom: number;
}

/** Starts sessiond detached, so that it outlives a router that is killed, and can be ended with its whole group. */
export async function spawnSessiond(settings: Settings, spec: SessionSpec, folder: SessionFolder): Promise<Sessiond> {
  await using log = await openSessionLog(folder.sessiondLog);
  const child = spawn(settings.nodePath, [settings.sessiondMain], {
    cwd: folder.home,
    env: { ...baseEnv(settings, spec, folder), ...secretEnv(spec), ...sessiondEnv(settings, spec, folder) },
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  const exited = once(child, "exit").then(() => {});
  // A spawn that fails is reported by the await below.
  exited.catch(() => {});
  if (child.pid === undefined) await exited;
  child.unref();
  const process = processInfo(child.pid ?? 0);
  if (process !== undefined) await writeRunRecord(folder.run, process);
  return { exited, logFrom: log.from };
}

const WATCH_MS = 1000;

/** Watches a sessiond that an earlier router started. */
export function watchSessiond(id: ProcessId, clock: Clock, signal: AbortSignal): Sessiond {
  const watch = async (): Promise<void> => {
    while (isAlive(id)) await clock.sleep(WATCH_MS, signal);
  };
  const exited = new Promise<void>((resolve) => {
    // An aborted watch has nothing to tell any more.
    watch().then(resolve, () => {});
  });
  return { exited, logFrom: 0 };
}
