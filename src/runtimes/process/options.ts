import type { SessionHash } from "../../contracts/session-hash.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";

export type RuntimeLog = Pick<Log, "info" | "warn" | "error">;

export interface ProcessRuntimeOptions {
  /** Sessions live in `<dataDir>/sessions/<hash>`. Absolute. */
  readonly dataDir: string;
  /** The built program, `dist/sessiond/main.js`. */
  readonly sessiondMain: string;
  /** Node itself; default: the one that runs this. */
  readonly nodePath?: string;
  readonly opencodeBin: string;
  /** Folder of `config.sh` and `workspace.sh`. */
  readonly initDir: string;
  /** The baked `opencode.json`. */
  readonly bakedConfig: string;
  readonly modelsFile?: string;
  readonly overridesFile?: string;
  /** The operator's variables for every session. */
  readonly sessionEnv: Readonly<Record<string, string>>;
  /** Where programs of a session are found; default: the usual system folders. */
  readonly path?: string;
  /** Home of the person whose opencode sign-ins and git settings the sessions use (local mode). */
  readonly shareAuthFrom?: string;
  /** Where git in a session uses its owner's token, and the program `git-credential.mjs`, which tells it. */
  readonly github?: { readonly origin: string; readonly credentialHelper: string };
  /** The public URL of a session's dev servers, with `{port}` in the place of the port. */
  readonly portUrlPattern?: (hash: SessionHash) => string;
  /** File with the address of the router's internal listener; sessiond reads it again when a push fails. */
  readonly routerUrlFile: string;
  readonly log: RuntimeLog;
  readonly clock?: Clock;
  readonly startTimeoutMs?: number;
  readonly cloneTimeoutMs?: number;
  readonly stopGraceMs?: number;
}

/** The same with every default filled in. */
export type Settings = ProcessRuntimeOptions &
  Required<
    Pick<ProcessRuntimeOptions, "nodePath" | "path" | "clock" | "startTimeoutMs" | "cloneTimeoutMs" | "stopGraceMs">
  >;
