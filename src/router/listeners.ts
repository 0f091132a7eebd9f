import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { problem } from "../contracts/problem.ts";
import type { Log } from "../lib/log.ts";
import { logAnswer } from "./access-log.ts";
import { rawProblem, sendProblem } from "./send-problem.ts";

/** What one listener does with what it gets. */
export interface Handler {
  request(req: IncomingMessage, res: ServerResponse): void | Promise<void>;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void | Promise<void>;
}

export interface Place {
  readonly name: string;
  /** The variable that sets the port: for the sentence when it is taken. */
  readonly variable: string;
  readonly address: string;
  readonly port: number;
}

export class PortTakenError extends Error {}

/** A listening server whose handler cannot bring the process down. */
export async function listen(place: Place, handler: Handler, log: Log): Promise<Server> {
  const server = createServer({
    keepAliveTimeout: 95_000,
    headersTimeout: 10_000,
    // Uploads and long polls have no limit once the headers are in.
    requestTimeout: 0,
    connectionsCheckingInterval: 2_000,
    maxHeaderSize: 16 * 1024,
  });
  server.on("request", (req, res) => {
    logAnswer(log, place.name, { req, res });
    const fail = (cause: unknown) => {
      log.error({ listener: place.name, err: cause }, "request.failed");
      if (res.headersSent) res.destroy();
      else sendProblem(res, problem("internal", "Something went wrong here. It is in the router's log."));
    };
    attempt(() => handler.request(req, res)).catch(fail);
  });
  server.on("upgrade", (req, socket, head) => {
    // First of all: a reset at any later moment must find a listener.
    socket.on("error", () => socket.destroy());
    attempt(() => handler.upgrade(req, socket, head)).catch((cause: unknown) => {
      log.error({ listener: place.name, err: cause }, "upgrade.failed");
      socket.end(rawProblem(problem("internal", "Something went wrong here. It is in the router's log.")));
    });
  });
  await bind(server, place);
  return server;
}

/** What is thrown at once and what is thrown later arrive at the same place. */
const attempt = async (job: () => void | Promise<void>): Promise<void> => job();

function bind(server: Server, { variable, address, port }: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === "EADDRINUSE";
      reject(
        taken
          ? new PortTakenError(
              `${variable}: port ${port} on ${address} is in use. Stop what uses it, or set ${variable}.`,
            )
          : new PortTakenError(
              `${variable}: cannot listen on ${address} port ${port} (${cause.code ?? cause.message}).`,
            ),
      );
    });
    server.listen(port, address, resolve);
  });
}

const DRAIN_MS = 25_000;

/** No new connections; open ones may end by themselves for `graceMs`, then are cut. */
export async function drain(server: Server, graceMs = DRAIN_MS): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  const sweep = setInterval(() => server.closeIdleConnections(), 100);
  await closed;
  clearTimeout(timer);
  clearInterval(sweep);
}
