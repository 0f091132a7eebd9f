/**
 * Messages back and forth over WebSockets: web-socket-load.ts <JSON of WebSocketLoad>. Prints the round trips that were
 * made. It speaks the protocol itself: one message that never changes, so that the client costs next to nothing.
 */
import { request } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

export interface WebSocketLoad {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly sockets: number;
  readonly seconds: number;
}

const TEXT = "x".repeat(64);
const FIN_TEXT = 0x81;
/** With a mask of zeros the masked text is the text (RFC 6455, 5.3). */
const MESSAGE = Buffer.from([FIN_TEXT, 0x80 | TEXT.length, 0, 0, 0, 0, ...Buffer.from(TEXT)]);
const ECHO_BYTES = 2 + TEXT.length;

function open({ port, headers }: WebSocketLoad): Promise<Duplex> {
  const handshake = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": Buffer.alloc(16).toString("base64"),
  };
  return new Promise((resolve, reject) => {
    const req = request({ host: "127.0.0.1", port, headers: { ...headers, ...handshake }, agent: false });
    req.on("upgrade", (_res, socket) => resolve(socket));
    req.on("response", ({ statusCode }) => reject(new Error(`no WebSocket: ${statusCode}`)));
    req.on("error", reject).end();
  });
}

const load = JSON.parse(process.argv[2] ?? "") as WebSocketLoad;
let count = 0;
const sockets = await Promise.all(Array.from({ length: load.sockets }, () => open(load)));
for (const socket of sockets) {
  let missing = ECHO_BYTES;
  socket.on("data", ({ length }: Buffer) => {
    missing -= length;
    if (missing > 0) return;
    missing += ECHO_BYTES;
    count += 1;
    socket.write(MESSAGE);
  });
  socket.write(MESSAGE);
}
const begin = performance.now();
await delay(load.seconds * 1000);
process.stdout.write(`${JSON.stringify({ count, seconds: (performance.now() - begin) / 1000 })}\n`);
for (const socket of sockets) socket.destroy();
