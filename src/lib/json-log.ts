import type { Log } from "./log.ts";

/** One JSON object a line, for a small process that cannot afford a logging library. */
export function jsonLog(write: (line: string) => void, base: object = {}): Log {
  const at =
    (level: string) =>
    (fields: object, message: string): void =>
      write(`${JSON.stringify({ time: new Date().toISOString(), level, ...base, ...fields, msg: message }, plain)}\n`);
  return { debug() {}, info: at("info"), warn: at("warn"), error: at("error") };
}

/** Errors have no enumerable fields: without this they would print as `{}`. */
const plain = (_key: string, value: unknown): unknown =>
  value instanceof Error ? `${value.name}: ${value.message}` : value;
