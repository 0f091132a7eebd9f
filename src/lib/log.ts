/** The part of a pino logger that the code uses: fields first, then the event's name. */
export interface Log {
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
  /** False: what is told at this level goes nowhere, and need not be put together. */
  isLevelEnabled?(level: "debug"): boolean;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
