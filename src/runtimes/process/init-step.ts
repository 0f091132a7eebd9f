import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { StepResult } from "../explain-failure.ts";
import type { Env } from "./session-env.ts";
import { openSessionLog, tailOf } from "./session-log.ts";

const MAX_KEPT = 16 * 1024;
/** A helper of git that stays, such as a shared ssh connection, may hold the pipe open. */
const LAST_WORDS_MS = 200;

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
    stdio: ["ignore", "pipe", "pipe"],
  });
  // Kept in memory, too: on a full disk the log cannot hold the words that say so.
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-MAX_KEPT);
      appendIfPossible(log.fd, text);
    });
  const end = () => child.pid !== undefined && killGroup(child.pid);
  const either = AbortSignal.any([step.signal, timeout]);
  either.addEventListener("abort", end);
  try {
    // A child that could not be started is reported by the next line.
    const closed = once(child, "close").catch(() => {});
    const [code] = (await once(child, "exit")) as [number | null];
    await Promise.race([closed, delay(LAST_WORDS_MS)]);
    step.signal.throwIfAborted();
    return { code, timedOut: timeout.aborted, tail: tailOf(said) };
  } finally {
    either.removeEventListener("abort", end);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

function appendIfPossible(fd: number, text: string): void {
  try {
    writeSync(fd, text);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOSPC") throw cause;
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
