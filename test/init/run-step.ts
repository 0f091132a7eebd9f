import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const rootfs = fileURLToPath(new URL("../../images/opencode/rootfs/", import.meta.url));
export const bakedConfig = join(rootfs, "defaults/opencode.json");

export const SHELLS = ["dash", "bash"] as const;
export type Shell = (typeof SHELLS)[number];

export interface StepOutcome {
  readonly code: number;
  readonly stderr: string;
}

const PATH = "/usr/local/bin:/usr/bin:/bin";

/** Runs a script of images/opencode/rootfs/init with nothing but this environment. */
export function runStep(shell: Shell, script: string, env: Record<string, string>): Promise<StepOutcome> {
  return new Promise((resolve) => {
    execFile(
      shell,
      [join(rootfs, "init", script)],
      { env: { PATH, ...env }, timeout: 30_000 },
      (error, _stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stderr });
      },
    );
  });
}

export interface Scratch extends Disposable {
  readonly path: string;
}

export function scratchFolder(): Scratch {
  const path = mkdtempSync(join(tmpdir(), "ocr-init-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** git as a test uses it: no configuration of the machine, a fixed identity. */
export function git(cwd: string, ...args: string[]): string {
  const env = { PATH, HOME: cwd, GIT_CONFIG_NOSYSTEM: "1" };
  const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"];
  return execFileSync("git", [...identity, ...args], {
    cwd,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();
}
