import type { ProgressMessage } from "../../contracts/status.ts";
import type { Message } from "../opencode/client.ts";

const MAX_MESSAGES = 100;
const MAX_TEXT = 4096;
/** Bound on all texts together, so that a report stays well under the router's limit on bodies. */
const MAX_TOTAL_BYTES = 512 * 1024;

/** What a person reads of a message, or undefined when there is no text in it. */
export function progressMessage({ info, parts }: Message): ProgressMessage | undefined {
  const texts = parts.flatMap((part) => (part.type === "text" && part.synthetic !== true ? [part.text ?? ""] : []));
  const text = texts.join("\n").trim().slice(0, MAX_TEXT);
  return text === ""
    ? undefined
    : { id: info.id, role: info.role, text, at: new Date(info.time.created).toISOString() };
}

/** The log with a message added, or put in place of its earlier state. Oldest first; the oldest go when it is too long. */
export function withMessage(log: readonly ProgressMessage[], message: ProgressMessage): readonly ProgressMessage[] {
  const others = log.filter(({ id }) => id !== message.id);
  return bounded([...others, message].toSorted(byTime));
}

// Not by id alone: opencode's ids hold 36 bits of milliseconds and begin anew every 795 days.
const byTime = (a: ProgressMessage, b: ProgressMessage): number => compare(a.at, b.at) || compare(a.id, b.id);

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function bounded(log: readonly ProgressMessage[]): readonly ProgressMessage[] {
  let bytes = 0;
  const from = log.findLastIndex((message) => (bytes += Buffer.byteLength(message.text)) > MAX_TOTAL_BYTES);
  return log.slice(from + 1).slice(-MAX_MESSAGES);
}
