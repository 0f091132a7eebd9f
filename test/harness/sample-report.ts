import type { SessionReport, SessiondStatus } from "../../src/contracts/status.ts";

/** What sessiond of a healthy session reports. */
export const sampleReport = (change: Partial<SessionReport> = {}): SessionReport => ({
  status: sampleStatus(),
  conversation: null,
  initialMessageDone: false,
  messages: [],
  ...change,
});

export const sampleStatus = (change: Partial<SessiondStatus> = {}): SessiondStatus => ({
  version: "1",
  workspaceRoot: "/home/workspace",
  opencode: { state: "running", pid: 7, startedAt: "2026-01-02T03:04:05.000Z", healthy: true },
  ide: { installed: false, state: "stopped" },
  busy: false,
  turns: 0,
  ports: [],
  readyAt: "2026-01-02T03:04:06.000Z",
  memoryBytes: 0,
  clients: 0,
  ...change,
});
