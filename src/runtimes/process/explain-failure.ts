import type { Failure, FailureReason } from "../../contracts/session.ts";
import type { Crash } from "../../contracts/status.ts";

const MAX_SENTENCE = 300;

/** One line for a person: without control characters and without credentials of a URL. */
export function sanitise(line: string): string {
  const plain = line
    .replace(/\p{Cc}\[[0-9;]*[A-Za-z]/gu, "")
    .replace(/\p{Cc}+/gu, " ")
    .replace(/\/\/[^\s/@]*@/g, "//")
    .trim();
  return plain.length > MAX_SENTENCE ? `${plain.slice(0, MAX_SENTENCE)}…` : plain;
}

/** Stack frames and what Node prints around them say nothing to a person. */
const NOISE = /^(at |\}|\^|Node\.js v)/;

/** The last line that names an error, else the last that says anything. */
function lastLine(lines: readonly string[]): string {
  const plain = lines.map((line) => sanitise(messageOf(line))).filter((line) => line !== "" && !NOISE.test(line));
  return plain.findLast((line) => /^(\w*Error|error|fatal|panic)\b/i.test(line)) ?? plain.at(-1) ?? "";
}

/** A line of a JSON log is told by its message. */
function messageOf(line: string): string {
  const message = /^\{.*"msg":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  return message === undefined ? line : message.replace(/\\(.)/g, "$1");
}

const isDiskFull = (text: string): boolean =>
  /ENOSPC|EDQUOT|no space left on device|disk quota exceeded|database or disk is full/i.test(text);

const DISK_FULL: Failure = {
  reason: "disk_full",
  message:
    "The disk is full. Free some space, for example by deleting sessions that are not needed, then start the session again.",
};

const failure = (reason: FailureReason, ...sentences: string[]): Failure => ({
  reason,
  message: sentences.filter((sentence) => sentence !== "").join(" "),
});

const sentence = (text: string): string => (text === "" || /[.!?…]$/.test(text) ? text : `${text}.`);

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
