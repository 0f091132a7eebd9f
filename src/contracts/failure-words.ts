import type { Failure, FailureReason } from "./session.ts";

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
export function lastLine(lines: readonly string[]): string {
  const plain = lines.map((line) => sanitise(messageOf(line))).filter((line) => line !== "" && !NOISE.test(line));
  return plain.findLast((line) => /^(\w*Error|error|fatal|panic)\b/i.test(line)) ?? plain.at(-1) ?? "";
}

/** A line of a JSON log is told by its message. */
function messageOf(line: string): string {
  const message = /^\{.*"msg":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  return message === undefined ? line : message.replace(/\\(.)/g, "$1");
}

export const isDiskFull = (text: string): boolean =>
  /ENOSPC|EDQUOT|no space left on device|disk quota exceeded|database or disk is full/i.test(text);

export const DISK_FULL: Failure = {
  reason: "disk_full",
  message:
    "The disk is full. Free some space, for example by deleting sessions that are not needed, then start the session again.",
};

export const failure = (reason: FailureReason, ...sentences: string[]): Failure => ({
  reason,
  message: sentences.filter((sentence) => sentence !== "").join(" "),
});

/** Ends with a full stop, unless it says nothing. */
export const sentence = (text: string): string => (text === "" || /[.!?…]$/.test(text) ? text : `${text}.`);
