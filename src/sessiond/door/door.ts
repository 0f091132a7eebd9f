import { STATUS_CODES, createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { GITHUB_TOKEN_PATH } from "../../contracts/github-token.ts";
import type { SessionReport, SessiondStatus } from "../../contracts/status.ts";
import type { Log } from "../../lib/log.ts";
import type { Secret } from "../../lib/secret.ts";
import { readTokenBody } from "../credentials/token-body.ts";
import { admit, parseTarget, type Admitted, type Situation } from "./target.ts";
import { dialFirst, splice } from "./tunnel.ts";

/** Knows at which loopback addresses the session's own programs listen. */
interface DevServers {
  loopbacks(port: number): readonly string[];
  look(): void;
}

interface Ports {
  readonly sessionKey: Secret;
  readonly log: Log;
  readonly situation: () => Situation;
  readonly devServers: DevServers;
  readonly status: () => SessiondStatus;
  readonly report: () => SessionReport;
  readonly setGitHubToken: (token: Secret | null) => void;
}

const HEADERS_LIMIT_MS = 10_000;
const MAX_HEADER_BYTES = 16 * 1024;

/** The session's only network entrance. Whoever does not present the session key is told nothing. */
export class Door {
  readonly server: Server;
  readonly #ports: Ports;
  readonly #tunnels = new Set<Socket>();
  readonly #toOpencode = new Set<Socket>();

  constructor(ports: Ports) {
    this.#ports = ports;
    this.server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_LIMIT_MS,
      requestTimeout: 0,
    });
    this.server.keepAliveTimeout = 95_000;
    this.server.on("request", (request, response) => this.#answer(request, response));
    this.server.on("connect", (request, socket, head) => void this.#connect(request, socket as Socket, head));
  }

  /** Open connections through the door. */
  get clients(): number {
    return this.#tunnels.size;
  }

  /** Ends what leads to an opencode that is gone, so that its clients notice and come again. */
  dropOpencode(): void {
    for (const socket of this.#toOpencode) socket.destroySoon();
  }

  /** No new connections; those that are open end. */
  close(): void {
    this.server.close();
    this.server.closeAllConnections();
    for (const socket of this.#tunnels) socket.destroySoon();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#isAuthorised(request)) return respond(response, 401);
    if (request.method === "GET" && request.url === "/status") return respond(response, 200, this.#ports.status());
    if (request.method === "GET" && request.url === "/report") return respond(response, 200, this.#ports.report());
    if (request.method === "PUT" && request.url === GITHUB_TOKEN_PATH) return void this.#takeToken(request, response);
    respond(response, 404);
  }

  async #takeToken(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = await readTokenBody(request);
    if (token === undefined) return respond(response, 400);
    this.#ports.setGitHubToken(token);
    response.writeHead(204).end();
  }

  async #connect(request: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    client.on("error", () => {
      // A client that goes away; `close` follows and ends the other side.
    });
    if (!this.#isAuthorised(request)) return refuse(client, 401);
    const target = parseTarget(request.url);
    const admission = admit(target, this.#ports.situation());
    if (!admission.ok) return refuse(client, admission.status);
    const upstream = await this.#dial(admission);
    if (upstream === undefined) return refuse(client, 502);
    if (client.destroyed) return void upstream.destroy();
    this.#track(client, target?.kind === "opencode");
    client.write("HTTP/1.1 200 OK\r\n\r\n");
    upstream.write(head);
    splice(client, upstream);
  }

  /** Only what listens in this session: its loopback may be shared with the machine and with other sessions. */
  async #dial({ to, port }: Admitted): Promise<Socket | undefined> {
    if (to === "opencode") return dialFirst(["127.0.0.1"], port);
    const { devServers } = this.#ports;
    const known = await dialFirst(devServers.loopbacks(port), port);
    if (known !== undefined) return known;
    // It may have started, or moved, since the last look.
    devServers.look();
    return dialFirst(devServers.loopbacks(port), port);
  }

  #track(client: Socket, toOpencode: boolean): void {
    this.#tunnels.add(client);
    if (toOpencode) this.#toOpencode.add(client);
    client.once("close", () => {
      this.#tunnels.delete(client);
      this.#toOpencode.delete(client);
    });
  }

  #isAuthorised({ headers }: IncomingMessage): boolean {
    const [scheme, token] = (headers.authorization ?? "").split(" ");
    return scheme?.toLowerCase() === "bearer" && token !== undefined && this.#ports.sessionKey.equals(token);
  }
}

function respond(response: ServerResponse, status: number, body?: object): void {
  const text = body === undefined ? "" : JSON.stringify(body);
  // A refused body is not read: the connection cannot be used again.
  const close = status === 200 ? {} : { connection: "close" };
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text), ...close };
  response.writeHead(status, headers).end(text);
}

function refuse(client: Socket, status: number): void {
  client.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  // Half-open sockets of clients that never end would stay otherwise.
  client.resume();
  client.destroySoon();
}
