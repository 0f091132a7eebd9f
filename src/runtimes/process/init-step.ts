import { spawn } from "node:child_process";
import { once } from "node:events";
import type { StepResult } from "./explain-failure.ts";
import type { Env } from "./session-env.ts";
import { openSessionLog, readTail } from "./session-log.ts";

export interface InitStep {
  readonly script: string;
  readonly env: Env;
  readonly cwd: string;
  readonly log: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Runs one init step in a process group of its own; an abort or the time limit ends the whole group. */
export async function runInitStep(step: InitStep): Promise<StepResult> {
  step.signal.throwIfAborted();
  await using log = await openSessionLog(step.log);
  const timeout = AbortSignal.timeout(step.timeoutMs);
  const child = spawn("/bin/sh", [step.script], {
    cwd: step.cwd,
    env: step.env,
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  const end = () => child.pid !== undefined && killGroup(child.pid);
  const either = AbortSignal.any([step.signal, timeout]);
  either.addEventListener("abort", end);
  try {
    const [code] = (await once(child, "exit")) as [number | null];
    step.signal.throwIfAborted();
    return { code, timedOut: timeout.aborted, tail: await readTail(step.log, log.from) };
  } finally {
    either.removeEventListener("abort", end);
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch (cause) {
    // The group ended by itself in between.
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
  }
}
