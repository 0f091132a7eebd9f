import type { Server } from "node:http";
import { problem } from "../contracts/problem.ts";
import type { Log } from "../lib/log.ts";
import type { Config } from "./config.ts";
import { drain, listen, type Handler, type Place } from "./listeners.ts";
import { rawProblem, sendProblem } from "./send-problem.ts";
import { VanishedClients } from "./vanished-clients.ts";

type DoorName = "public" | "attach" | "internal";

export interface Doors {
  readonly servers: readonly Server[];
  /** From now on requests are carried out; before, they are told to come back. */
  open(handlers: Record<DoorName, Handler>): void;
}

/** Listens on all three ports. @throws PortTakenError */
export async function openDoors({ listen: at }: Config, log: Log): Promise<Doors> {
  const notYet = problem("unavailable", "The router is starting. Try again in a moment.");
  const retry = { "retry-after": "1" };
  const closed: Handler = {
    request: (_req, res) => sendProblem(res, notYet, retry),
    upgrade: (_req, socket) => void socket.end(rawProblem(notYet, retry)),
  };
  const handlers: Record<DoorName, Handler> = { public: closed, attach: closed, internal: closed };
  const places: Record<DoorName, Place> = {
    public: { name: "public", variable: "PORT", address: at.address, port: at.port },
    attach: { name: "attach", variable: "ATTACH_PORT", address: at.address, port: at.attachPort },
    internal: { name: "internal", variable: "INTERNAL_PORT", address: at.internalAddress, port: at.internalPort },
  };
  const servers: Server[] = [];
  const vanished = new VanishedClients();
  try {
    for (const name of Object.keys(places) as DoorName[]) {
      const handler: Handler = {
        request: (req, res) => handlers[name].request(req, res),
        upgrade: (req, socket, head) => handlers[name].upgrade(req, socket, head),
      };
      const server = await listen(places[name], handler, log);
      vanished.watch(server);
      servers.push(server);
    }
  } catch (cause) {
    await Promise.all(servers.map((server) => drain(server, 0)));
    throw cause;
  }
  return { servers, open: (made) => void Object.assign(handlers, made) };
}
