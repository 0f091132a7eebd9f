import { readdir, readFile } from "node:fs/promises";
import { call, eventually } from "../harness/http.ts";
import type { RawTarget } from "../harness/raw-target.ts";
import type { TestRouter } from "../harness/router.ts";

/** What clients cost as long as they are there. */
export interface Footprint {
  /** Open requests, streams and sockets through the router's proxy. */
  readonly exchanges: number;
  /** Connections through the session's door. */
  readonly clients: number;
  /** Connections that the server in the session has. */
  readonly connections: number;
  readonly descriptors: number;
  readonly megabytes: number;
}

export async function footprint({ router, hash, connections }: RawTarget): Promise<Footprint> {
  const metrics = (await call(router.ports.internal, "/metrics")).text;
  const exchanges = Number(/^opencode_router_open_exchanges (\d+)/m.exec(metrics)?.[1]);
  const status = await router.api("GET", `/api/sessions/${hash}/status`);
  const { clients } = status.json<{ clients: number }>();
  const descriptors = (await readdir(`/proc/${router.pid}/fd`)).length;
  return { exchanges, clients, connections: connections.size, descriptors, megabytes: await megabytes(router) };
}

export async function megabytes({ pid }: TestRouter): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

/** Nothing is open any more: 5 seconds are promised, and as many are for a busy machine. */
export const nothingOpen = (target: RawTarget): Promise<Footprint> =>
  eventually(
    () => footprint(target),
    ({ exchanges, clients, connections }) => exchanges === 0 && clients === 0 && connections === 0,
    10_000,
  );
