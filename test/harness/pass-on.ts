import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { endWithParent } from "./program.ts";

export interface PassOn {
  /** The port that it listens on, and the one that it passes requests on to, both on loopback. */
  readonly own: string;
  readonly port: string;
  /** What is said of a request, as `rawHeaders` has it. */
  headersOf(req: IncomingMessage): string[];
  /** Default: as it came. */
  answer?(answer: IncomingMessage, res: ServerResponse): void;
  /** Somebody's WebSocket has been passed on. */
  upgraded?(socket: Duplex): void;
}

/** A program that passes requests and WebSockets on. Announces that it listens. */
export function passOn({ own, port, headersOf, answer = asItCame, upgraded }: PassOn): void {
  const server = createServer((req, res) => {
    const { method, url: path } = req;
    const upstream = request({ host: "127.0.0.1", port, method, path, headers: headersOf(req), setHost: false });
    upstream.on("response", (message) => answer(message, res));
    upstream.on("error", () => res.destroy());
    res.on("close", () => upstream.destroy());
    req.pipe(upstream);
  });
  server.on("upgrade", (req, socket, head) => {
    const upstream = connect(Number(port), "127.0.0.1");
    const headers = headersOf(req);
    upstream.write(`GET ${req.url} HTTP/1.1\r\n`);
    for (let i = 0; i + 1 < headers.length; i += 2) upstream.write(`${headers[i]}: ${headers[i + 1]}\r\n`);
    upstream.write("\r\n");
    upstream.write(head);
    upstream.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("error", () => upstream.destroy()).on("close", () => upstream.destroy());
    upstream.pipe(socket).pipe(upstream);
    upgraded?.(socket);
  });
  server.listen(Number(own), "127.0.0.1", () => void process.stdout.write("listening\n"));
  endWithParent();
}

function asItCame(answer: IncomingMessage, res: ServerResponse): void {
  res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  answer.pipe(res);
}
