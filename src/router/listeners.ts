import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { problem, type Problem } from "../contracts/problem.ts";
import type { Log } from "../lib/log.ts";
import { logAnswer } from "./access-log.ts";
import { shapeFault } from "./request-shape.ts";
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

/** A listening server whose handler cannot bring the process down, and to which only well-formed requests come. */
export async function listen(place: Place, handler: Handler, log: Log): Promise<Server> {
  const server = createServer({
    keepAliveTimeout: 95_000,
    headersTimeout: 10_000,
    // Uploads and long polls have no limit once the headers are in.
    requestTimeout: 0,
    connectionsCheckingInterval: 2_000,
    maxHeaderSize: 16 * 1024,
    // A client whose machine or network is gone says no word: from a silent second on the kernel asks once a second.
    keepAlive: true,
    keepAliveInitialDelay: 1_000,
  });
  // Headers beyond this limit would be left out unseen, the body's length among them; `shapeFault` counts them.
  server.maxHeadersCount = 0;
  const unanswered = new Unanswered();
  const logsAnswers = log.isLevelEnabled?.("debug") ?? true;
  server.on("request", (req, res) => {
    unanswered.add(req, res);
    if (logsAnswers) logAnswer(log, place.name, { req, res });
    const fault = shapeFault({ ...head(req), upgrade: false });
    if (fault) return sendProblem(res, fault, { connection: "close" });
    const fail = (cause: unknown) => {
      log.error({ listener: place.name, err: cause }, "request.failed");
      if (res.headersSent) res.destroy();
      else sendProblem(res, brokenHere);
    };
    attempt(() => handler.request(req, res)).catch(fail);
  });
  server.on("upgrade", (req, socket, rest) => {
    own(socket);
    // The answers that are still to come would be written between the bytes of the socket.
    if (unanswered.has(req.socket)) return void socket.destroy();
    const fault = shapeFault({ ...head(req), upgrade: true });
    if (fault) return void socket.end(rawProblem(fault));
    attempt(() => handler.upgrade(req, socket, rest)).catch((cause: unknown) => {
      log.error({ listener: place.name, err: cause }, "upgrade.failed");
      socket.end(rawProblem(brokenHere));
    });
  });
  server.on("connect", (_req, socket) => {
    own(socket);
    socket.end(rawProblem(problem("method_not_allowed", "This is no forward proxy.")));
  });
  server.on("clientError", (cause: NodeJS.ErrnoException, socket) => {
    const refusal = parseRefusal(cause);
    log.debug({ listener: place.name, code: cause.code }, "request.malformed");
    // An answer now must not be taken for the answer to an earlier request, nor for a part of one.
    if (refusal && socket.writable && !unanswered.has(socket as Socket)) own(socket).end(rawProblem(refusal));
    else socket.destroy();
  });
  await bind(server, place);
  return server;
}

const brokenHere = problem("internal", "Something went wrong here. It is in the router's log.");

const head = ({ method = "", url = "", httpVersion, rawHeaders }: IncomingMessage) => ({
  method,
  url,
  httpVersion,
  rawHeaders,
});

/** The requests of each connection that are not answered yet; pipelining makes several. */
class Unanswered {
  readonly #open = new WeakMap<Socket, number>();

  add({ socket }: IncomingMessage, res: ServerResponse): void {
    this.#change(socket, 1);
    res.on("close", () => this.#change(socket, -1));
  }

  has(socket: Socket): boolean {
    return (this.#open.get(socket) ?? 0) > 0;
  }

  #change(socket: Socket, by: number): void {
    this.#open.set(socket, (this.#open.get(socket) ?? 0) + by);
  }
}

const LINGER_MS = 1_000;

/** Takes care of a socket that the server has let go of. */
function own<S extends Duplex>(socket: S): S {
  // First of all: a reset at any later moment must find a listener.
  socket.on("error", () => socket.destroy());
  // A client that never closes its side would keep the descriptor for ever.
  socket.once("finish", () => setTimeout(() => socket.destroy(), LINGER_MS).unref());
  return socket;
}

/** What is said of bytes that are no request; nothing when the client has left. */
function parseRefusal({ code = "" }: NodeJS.ErrnoException): Problem | undefined {
  if (code === "HPE_HEADER_OVERFLOW") return problem("headers_too_large", "Send at most 16 KiB of headers.");
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return problem("too_large", "Leave the chunk extensions out.");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return problem("request_timeout", "The headers must arrive within 10 seconds.");
  return code.startsWith("HPE_") ? problem("invalid_request", "This is not a valid HTTP request.") : undefined;
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
