/**
 * A dev server that tells what reached it: JSON of each request, and over a WebSocket first the handshake's headers, then
 * every message back. Announces its port.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { endWithParent } from "../harness/program.ts";

export interface Echo {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
}

const echo = ({ method = "", url = "", rawHeaders }: IncomingMessage): string =>
  JSON.stringify({ method, url, rawHeaders } satisfies Echo);

const server = createServer((req, res) => {
  res.setHeader("set-cookie", "app=1; Domain=localhost; Path=/");
  res.end(echo(req));
});
new WebSocketServer({ server }).on("connection", (socket, req) => {
  socket.send(echo(req));
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
endWithParent();
