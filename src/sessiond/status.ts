import type { ListeningPort, SessiondStatus } from "../contracts/status.ts";
import type { Supervision } from "./supervisor.ts";
import { VERSION } from "./version.ts";

interface Observed {
  readonly workspace: string;
  readonly opencode: { readonly supervision: Supervision; readonly healthy: boolean };
  readonly busy: boolean;
  readonly ports: readonly ListeningPort[];
  readonly readyAt: number | null;
  readonly clients: number;
}

export function sessiondStatus({ workspace, opencode, busy, ports, readyAt, clients }: Observed): SessiondStatus {
  const { state, pid, startedAt, lastCrash } = opencode.supervision;
  return {
    version: VERSION,
    workspaceRoot: workspace,
    opencode: {
      state,
      pid,
      startedAt: time(startedAt),
      healthy: opencode.healthy,
      ...(lastCrash === undefined ? {} : { lastCrash }),
    },
    ide: { installed: false, state: "stopped" },
    busy,
    turns: 0,
    ports: [...ports],
    readyAt: time(readyAt),
    memoryBytes: process.memoryUsage.rss(),
    clients,
  };
}

const time = (milliseconds: number | null): string | null =>
  milliseconds === null ? null : new Date(milliseconds).toISOString();
