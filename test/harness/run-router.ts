import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../dist/router/main.js", import.meta.url));
const LIMIT_MS = 30_000;

export interface RouterRun {
  /** Exit code; null when it did not end by itself and had to be killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the router until it ends by itself: for configurations and data with which it must not go on. */
export async function runRouter(
  env: Readonly<Record<string, string>>,
  { cwd, args = [] }: { readonly cwd: string; readonly args?: readonly string[] },
): Promise<RouterRun> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
  });
  const [[code], stdout, stderr] = await Promise.all([
    once(child, "close") as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, stdout, stderr };
}
