/**
 * The server behind all the proxies: a small answer, a body of 1 MB both ways, an echo over WebSocket, and what it has
 * counted. Announces its port.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { MEGABYTE } from "../load.ts";

export interface Counters {
  /** Connections that were ever opened. */
  readonly connections: number;
  /** Requests that were ever answered. */
  readonly requests: number;
}

const SMALL = Buffer.from("Hello from the session.\n".repeat(5));
const LARGE = Buffer.alloc(MEGABYTE, "large ");

function serve(): Server {
  const counters = { connections: 0, requests: 0 };
  const server = createServer((req, res) => {
    const answer = (body: Buffer | string) =>
      res.writeHead(200, { "content-type": "text/plain", "content-length": body.length }).end(body);
    if (req.url === "/counters") return void answer(JSON.stringify(counters));
    counters.requests += 1;
    if (req.method === "POST") return void req.resume().on("end", () => answer("Thank you.\n"));
    answer(req.url === "/large" ? LARGE : SMALL);
  });
  server.on("connection", () => void (counters.connections += 1));
  new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket) =>
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  return server;
}

const server = serve().listen(0, "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
