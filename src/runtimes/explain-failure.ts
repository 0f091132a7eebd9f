import type { Failure } from "../contracts/session.ts";
import { DISK_FULL, failure, isDiskFull, lastLine, sanitise, sentence } from "../contracts/failure-words.ts";

export interface StepResult {
  readonly code: number | null;
  readonly timedOut: boolean;
  /** The last lines that the step wrote. */
  readonly tail: readonly string[];
}

export function explainConfig({ code, timedOut, tail }: StepResult): Failure {
  if (isDiskFull(tail.join("\n"))) return DISK_FULL;
  if (timedOut) return failure("timeout", "Writing the configuration took too long.", "Start the session again.");
  const words = sentence(lastLine(tail));
  return failure(
    "config_failed",
    `The configuration could not be written (exit code ${code}).`,
    words,
    "Ask the operator to correct it.",
  );
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /could not read Username|Authentication failed|terminal prompts disabled|Permission denied|HTTP 40[13]|access denied/i,
    "The repository needs credentials that this session does not have: check that you may read it.",
  ],
  [
    /could not resolve host|unable to access|Connection refused|timed out|Could not connect|unreachable/i,
    "Check the address and that the host can be reached, then start the session again.",
  ],
  [
    /not found|does not exist|does not appear to be a git repository/i,
    "Check the repository's address and that you may read it.",
  ],
];

const ownAdvice: Record<number, string> = {
  66: "Create the source branch on the remote, or make a new session from a branch that is there.",
  73: "Move the files away, or delete the session and create it again.",
};

export function explainClone({ code, timedOut, tail }: StepResult): Failure {
  const text = tail.join("\n");
  if (isDiskFull(text)) return DISK_FULL;
  if (timedOut) return failure("timeout", "Cloning the repository took too long.", "Start the session again.");
  const git = tail.findLast((line) => /^(fatal|error|ERROR):/.test(line));
  const own = tail.findLast((line) => line.startsWith("workspace: "))?.slice("workspace: ".length);
  const words = sentence(
    sanitise((git ?? own ?? `git ended with exit code ${code}`).replace(/^(fatal|error|ERROR): /, "")),
  );
  const advice =
    ownAdvice[code ?? 0] ??
    ADVICE.find(([pattern]) => pattern.test(text))?.[1] ??
    "Start the session again, or check the repository's address.";
  return failure("clone_failed", "The repository could not be cloned:", words, advice);
}

export const missingAgent = (bin: string): Failure =>
  failure(
    "agent_crashed",
    `opencode cannot be started: ${bin} is not an executable file (missing_dependency).`,
    "Ask the operator to check that opencode is installed correctly (OPENCODE_BIN).",
  );

export function explainSessiondExit(tail: readonly string[]): Failure {
  if (isDiskFull(tail.join("\n"))) return DISK_FULL;
  return failure(
    "sessiond_crashed",
    "The session's own daemon ended unexpectedly.",
    sentence(lastLine(tail)),
    "Start the session again.",
  );
}

export const notReadyInTime = (timeoutMs: number): Failure =>
  failure(
    "timeout",
    `opencode was not ready after ${Math.round(timeoutMs / 1000)} seconds.`,
    "Start the session again; if that happens often, the machine is too busy.",
  );

/** For what a file operation or a spawn threw. */
export function explainException(cause: unknown): Failure {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (isDiskFull(text)) return DISK_FULL;
  return failure(
    "config_failed",
    "The session could not be prepared:",
    sentence(sanitise(text)),
    "Correct the cause, then start the session again.",
  );
}
