import { readFileSync } from "node:fs";
import type { ListeningPort } from "../../contracts/status.ts";
import type { Clock } from "../../lib/clock.ts";
import { ownLoopbacks } from "./loopback.ts";
import { parseListening, type ListeningSocket } from "../../lib/proc-net.ts";
import { programName, socketOwners } from "./socket-owners.ts";

interface Ports {
  readonly clock: Clock;
  /** Processes of the session, without sessiond and opencode themselves. */
  readonly processes: () => readonly number[];
  readonly onChange: () => void;
}

const PERIOD_MS = 1_000;
const LOWEST_PORT = 1024;
const MAX_PORTS = 64;

/** Sees the ports on which the session's own programs listen. */
export class PortsWatcher {
  readonly #ports: Ports;
  #seen = "";
  #listening: readonly ListeningPort[] = [];
  #loopbacks: ReadonlyMap<number, readonly string[]> = new Map();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  get listening(): readonly ListeningPort[] {
    return this.#listening;
  }

  /** The loopback addresses at which one of the session's own programs answers on this port, as of the last look. */
  loopbacks(port: number): readonly string[] {
    return this.#loopbacks.get(port) ?? [];
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // The first look comes late, too: until then opencode needs the machine.
      await this.#ports.clock.sleep(PERIOD_MS, signal).catch(() => {
        // Aborted: the loop sees it.
      });
      this.look();
    }
  }

  /** Open files are searched only when a socket came or went: that is the dear part. */
  look(): void {
    const sockets = [...readTable("/proc/net/tcp"), ...readTable("/proc/net/tcp6")];
    const seen = sockets.map(({ inode }) => inode).join(" ");
    if (seen === this.#seen) return;
    this.#seen = seen;
    const owners = socketOwners(this.#ports.processes(), new Set(sockets.map(({ inode }) => inode)));
    this.#loopbacks = ownLoopbacks(sockets, owners);
    const listening = listeningPorts(sockets, owners, programName);
    if (JSON.stringify(listening) === JSON.stringify(this.#listening)) return;
    this.#listening = listening;
    this.#ports.onChange();
  }
}

/** One entry a port, in order: a server on both protocols is one server. */
export function listeningPorts(
  sockets: readonly ListeningSocket[],
  owners: ReadonlyMap<number, number>,
  nameOf: (pid: number) => string,
): ListeningPort[] {
  const byPort = new Map<number, ListeningPort>();
  for (const { port, address, inode } of sockets) {
    const owner = owners.get(inode);
    if (owner === undefined || port < LOWEST_PORT || byPort.has(port)) continue;
    byPort.set(port, { port, process: nameOf(owner), address });
  }
  return [...byPort.values()].toSorted((a, b) => a.port - b.port).slice(0, MAX_PORTS);
}

function readTable(path: string): ListeningSocket[] {
  try {
    return parseListening(readFileSync(path, "latin1"));
  } catch {
    // A machine without IPv6 has no second table.
    return [];
  }
}
