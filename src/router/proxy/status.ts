import { STATUS_CODES, type IncomingMessage } from "node:http";

export interface Status {
  readonly code: number;
  readonly reason: string;
}

/**
 * The status of a session's answer, as it may be passed on. The parser takes any three digits and any bytes after
 * them; to write some of those throws. @returns undefined for a status that no final answer has
 */
export function statusOf({
  statusCode = 0,
  statusMessage = "",
}: Pick<IncomingMessage, "statusCode" | "statusMessage">) {
  if (statusCode < 200 || statusCode > 999) return undefined;
  const clean = /^[\t\x20-\x7e\x80-\xff]*$/.test(statusMessage);
  return { code: statusCode, reason: clean ? statusMessage : (STATUS_CODES[statusCode] ?? "") } satisfies Status;
}
