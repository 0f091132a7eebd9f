import type { CrashClass } from "../contracts/status.ts";
import type { Exit } from "../lib/spawn.ts";

export interface Death extends Exit {
  /** We killed it, because it hung. */
  readonly byUs: boolean;
  readonly tail: readonly string[];
}

const OUT_OF_MEMORY = /heap out of memory|out of memory|allocation failed|\bOOM\b|ENOMEM/i;
const MISSING =
  /cannot find (?:module|package)|module not found|ERR_MODULE_NOT_FOUND|ENOENT|command not found|error while loading shared libraries|no such file or directory/i;
const PLUGIN = /plugin/i;
const FAILED = /error|fail|exception|throw/i;

/** 128 + 9: how a shell in between tells of a SIGKILL. */
const KILLED_BY_SHELL = 137;

/** What kind of crash it was, so that a person knows where to look. */
export function classifyCrash(death: Death): CrashClass {
  const killed = death.signal === "SIGKILL" || death.exitCode === KILLED_BY_SHELL;
  if (killed && !death.byUs) return "oom";
  if (death.byUs) return "unexpected_exit";
  if (death.tail.some((line) => OUT_OF_MEMORY.test(line))) return "oom";
  if (death.exitCode === 0 || death.exitCode === null) return "unexpected_exit";
  if (death.tail.some((line) => PLUGIN.test(line) && FAILED.test(line))) return "plugin_error";
  if (death.tail.some((line) => MISSING.test(line))) return "missing_dependency";
  return "nonzero_exit";
}
