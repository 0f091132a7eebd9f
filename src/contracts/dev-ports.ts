/** Ports inside a session that are never a dev server: opencode, sessiond, Chromium. */
export const RESERVED_PORTS: readonly number[] = [4096, 4100, 9222];

export const isDevPort = (port: number): boolean =>
  Number.isInteger(port) && port >= 1024 && port <= 65535 && !RESERVED_PORTS.includes(port);
