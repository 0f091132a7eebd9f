import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseEnv } from "node:util";
import type { Log } from "../lib/log.ts";
import { createProcessRuntime } from "../runtimes/process/process-runtime.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { SessionUrls } from "../sessions/urls.ts";
import type { Config } from "./config.ts";

export interface RuntimeParts {
  readonly config: Config;
  /** Folder of the package: where the built programs and the init steps are. */
  readonly root: string;
  readonly routerUrlFile: string;
  /** The router's own environment: local sessions use the person's programs and sign-ins. */
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}

/** The runtime of this machine, with everything that it needs from it. */
export async function createProcesses({ config, root, routerUrlFile, env, log }: RuntimeParts): Promise<Runtime> {
  const { sessions, dataDir } = config;
  const rootfs = join(root, "images/opencode/rootfs");
  const urls = new SessionUrls({ grammar: config.grammar, ...config.urls });
  const local = config.auth.mode === "local";
  return createProcessRuntime({
    dataDir,
    sessiondMain: join(root, "dist/sessiond/main.js"),
    opencodeBin: sessions.opencodeBin ?? packagedOpencode(root),
    initDir: join(rootfs, "init"),
    bakedConfig: join(rootfs, "defaults/opencode.json"),
    ...(sessions.modelsFile === undefined ? {} : { modelsFile: sessions.modelsFile }),
    ...(sessions.configFile === undefined ? {} : { overridesFile: sessions.configFile }),
    sessionEnv: sessions.envFile === undefined ? {} : await readEnvFile(sessions.envFile),
    // The one person of local mode finds the same programs in a session as in their own terminal.
    ...(local && env.PATH !== undefined ? { path: env.PATH } : {}),
    ...(sessions.shareAuth && env.HOME !== undefined ? { shareAuthFrom: env.HOME } : {}),
    github: { origin: config.github.web, credentialHelper: join(rootfs, "git-credential.mjs") },
    portUrlPattern: (hash) => urls.portPattern(hash),
    routerUrlFile,
    log,
  });
}

/** The program of the `opencode-ai` package itself: its Node wrapper would cost time and memory in each session. */
function packagedOpencode(root: string): string {
  const name = `opencode-${process.platform}-${process.arch}`;
  const manifest = createRequire(join(root, "package.json")).resolve(`${name}/package.json`);
  return join(manifest, "../bin/opencode");
}

/** `NAME=value` lines for every session. @throws Error that names the file */
export async function readEnvFile(file: string): Promise<Record<string, string>> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`SESSION_ENV_FILE: the file ${file} cannot be read (${cause.code})`);
  });
  return parseEnv(text) as Record<string, string>;
}
