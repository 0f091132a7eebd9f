import { execFile, spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** `SMOKE_ENGINE`: podman (default) or docker. */
export const engine = process.env["SMOKE_ENGINE"] ?? "podman";

const state = fileURLToPath(new URL("../../.cache/images/", import.meta.url));

/** Where there is no engine of the machine's own, podman works on the images that `make build-…` left in `.cache/images`. */
function engineEnv(): NodeJS.ProcessEnv {
  const own = { CONTAINERS_STORAGE_CONF: join(state, "storage.conf"), CONTAINERS_CONF: join(state, "containers.conf") };
  return { ...(existsSync(own.CONTAINERS_STORAGE_CONF) ? own : {}), ...process.env };
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const LIMIT_MS = 120_000;
const MAX_OUTPUT = 64 * 1024 * 1024;

/** Runs one command of the container engine to its end. */
export function runEngine(args: readonly string[], limitMs = LIMIT_MS): Promise<Outcome> {
  const options = { env: engineEnv(), timeout: limitMs, maxBuffer: MAX_OUTPUT, encoding: "utf8" } as const;
  return new Promise((resolve) => {
    execFile(engine, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr: code === -1 ? `${stderr}${error?.message ?? ""}` : stderr });
    });
  });
}

/** The same, when anything but success is a failure of the test. @returns standard output, trimmed */
export async function engineSays(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runEngine(args);
  if (code !== 0) throw new Error(`${engine} ${args.slice(0, 2).join(" ")} … ended with ${code}: ${stderr}${stdout}`);
  return stdout.trim();
}

/** A command of the engine that goes on. */
export const spawnEngine = (args: readonly string[]): ChildProcessWithoutNullStreams =>
  spawn(engine, args, { env: engineEnv(), stdio: ["pipe", "pipe", "pipe"] });

/** How a restricted pod runs. */
export const RESTRICTIONS = [
  "--pull=never",
  "--user=1000:1000",
  "--read-only",
  // podman would add writable folders of its own, which a pod does not have.
  ...(engine === "podman" ? ["--read-only-tmpfs=false"] : []),
  "--tmpfs=/tmp:rw,size=256m,mode=1777",
  "--cap-drop=ALL",
  "--security-opt=no-new-privileges",
  "--memory=2g",
  "--pids-limit=512",
  // podman would have systemd run the image's check; a pod has probes of its own.
  "--no-healthcheck",
] as const;

/** The same, without any network but loopback. */
export const CONFINEMENT = ["--network=none", ...RESTRICTIONS] as const;
