import { DISK_FULL, failure, isDiskFull, lastLine, sentence } from "./failure-words.ts";
import type { Failure } from "./session.ts";
import type { Crash } from "./status.ts";

const CRASH_WORDS: Record<Crash["class"], readonly [string, string]> = {
  oom: [
    "it ran out of memory",
    "Close what is not needed, or ask the operator for more memory, then start the session again.",
  ],
  plugin_error: [
    "a plugin failed",
    "Remove or correct the plugin in the repository or in the session's configuration, then start the session again.",
  ],
  missing_dependency: [
    "a program or module is missing",
    "Ask the operator to check that opencode is installed correctly (OPENCODE_BIN).",
  ],
  nonzero_exit: ["it ended with an error", "Correct the cause, then start the session again."],
  unexpected_exit: ["it ended unexpectedly", "Start the session again."],
};

/** Why opencode is not started again by itself. */
export function explainAgentCrash(crash: Crash | undefined): Failure {
  if (crash === undefined) return failure("agent_crashed", "opencode does not stay up.", "Start the session again.");
  if (isDiskFull(crash.tail.join("\n"))) return DISK_FULL;
  const [what, advice] = CRASH_WORDS[crash.class];
  const how = crash.signal === null ? `exit code ${crash.exitCode}` : `signal ${crash.signal}`;
  return failure(
    "agent_crashed",
    `opencode does not stay up: ${what} (${crash.class}, ${how}).`,
    sentence(lastLine(crash.tail)),
    advice,
  );
}
