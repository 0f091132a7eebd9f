import { readFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { parseConnected, type ConnectedSocket } from "../lib/proc-net.ts";

/**
 * Clients whose machine or network is gone send no FIN. The kernel notices at last, after up to a quarter of an hour when
 * data is on its way, and Node cannot tell it to be quicker. But the kernel's table says how often it has asked in vain.
 */

/** From a second of silence on the kernel asks once a second: after three unanswered questions nobody is there. */
const MAX_PROBES = 3;
/** Each repetition waits twice as long as the one before: four are three seconds on a fast network, more on a slow one. */
const MAX_REPETITIONS = 4;
const SWEEP_MS = 1_000;
const TABLES = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];

export const hasVanished = ({ probes, repetitions }: ConnectedSocket): boolean =>
  probes >= MAX_PROBES || repetitions >= MAX_REPETITIONS;

/** Ends the connections of clients that are gone without a word. */
export class VanishedClients {
  readonly #connections = new Map<string, Socket>();
  #sweeping: NodeJS.Timeout | undefined;

  /** From now on the server's connections are looked after. They must be asked for by keep-alive after a second. */
  watch(server: Server): void {
    server.on("connection", (socket: Socket) => {
      const { remoteAddress = "", remotePort = 0 } = socket;
      const { port } = server.address() as AddressInfo;
      const key = keyOf({ address: remoteAddress.replace(/^::ffff:/, ""), port: remotePort }, port);
      this.#connections.set(key, socket);
      this.#sweeping ??= setInterval(() => void this.sweep(), SWEEP_MS).unref();
      socket.once("close", () => {
        this.#connections.delete(key);
        if (this.#connections.size > 0) return;
        clearInterval(this.#sweeping);
        this.#sweeping = undefined;
      });
    });
  }

  /** Looks once. A system without such tables leaves it to the kernel. */
  async sweep(): Promise<void> {
    for (const path of TABLES) {
      const table = await readFile(path, "latin1").catch(() => "");
      for (const connected of parseConnected(table).filter(hasVanished))
        this.#connections.get(keyOf(connected.remote, connected.local.port))?.destroy();
    }
  }
}

const keyOf = (remote: { readonly address: string; readonly port: number }, localPort: number): string =>
  `${remote.address} ${remote.port} ${localPort}`;
