import { spawn } from "node:child_process";
import { once } from "node:events";
import { killGroup } from "../../lib/spawn.ts";

export interface GitRun {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Ends git and whatever it started. */
  readonly signal: AbortSignal;
}

export type GitOutcome =
  | { readonly end: "exit"; readonly code: number | null; readonly stdout: string; readonly stderr: string }
  | { readonly end: "aborted" }
  | { readonly end: "too-much" };

const MAX_STDOUT_BYTES = 20 * 1024 * 1024;
const MAX_STDERR_BYTES = 64 * 1024;

/** Runs git in a process group of its own, outside of every repository. @throws when git cannot be started. */
export async function runGit({ args, env, signal }: GitRun): Promise<GitOutcome> {
  if (signal.aborted) return { end: "aborted" };
  const child = spawn("git", args, { cwd: "/", env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const pid = child.pid;
  if (pid === undefined) throw (await once(child, "error"))[0];
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let stdoutBytes = 0;
  let stderrBytes = 0;
  const stop = () => killGroup(pid, "SIGKILL");
  child.stdout.on("data", (chunk: Buffer) => {
    stdoutBytes += chunk.length;
    if (stdoutBytes > MAX_STDOUT_BYTES) stop();
    else stdout.push(chunk);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    if (stderrBytes < MAX_STDERR_BYTES) stderr.push(chunk);
    stderrBytes += chunk.length;
  });
  signal.addEventListener("abort", stop);
  try {
    const [code] = (await once(child, "close")) as [number | null];
    if (stdoutBytes > MAX_STDOUT_BYTES) return { end: "too-much" };
    if (signal.aborted) return { end: "aborted" };
    return { end: "exit", code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
  } finally {
    signal.removeEventListener("abort", stop);
    // Helpers that git left behind.
    stop();
  }
}
