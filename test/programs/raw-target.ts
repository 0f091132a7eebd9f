/**
 * A dev server that takes nothing for granted: it reads HTTP by the letter, and tells the test about every connection
 * and every request as it happened. Arguments: the port of 127.0.0.1 on which the test listens. Announces nothing.
 * What it answers is in the path of the request, see `answer`.
 */
import { connect, createServer, type Socket } from "node:net";
import { readMessage, Malformed, headerOf, type RawMessage } from "../harness/raw-http.ts";
import type { TargetEvent } from "../harness/raw-target.ts";

const test = connect(Number(process.argv[2]), "127.0.0.1");
// It ends with the test.
test.on("close", () => process.exit(0)).on("error", () => process.exit(1));
const tell = (event: TargetEvent): void => void test.write(`${JSON.stringify(event)}\n`);

let connections = 0;

// Half-open on purpose: a server that goes on after its client's end is what the proxy must cope with.
const server = createServer({ allowHalfOpen: true }, (socket) => {
  const connection = (connections += 1);
  let bytes = "";
  let upgraded = false;
  tell({ event: "open", connection });
  socket.on("data", (data: Buffer) => {
    if (upgraded) return void socket.write(data);
    bytes += data.toString("latin1");
    if (bytes.includes(" /deaf ")) {
      if (/^upgrade:/im.test(bytes)) socket.write(SWITCHED);
      return void socket.pause();
    }
    try {
      for (let read = readMessage(bytes); read; read = readMessage(bytes)) {
        bytes = read.rest;
        tell({ event: "request", connection, request: read.message });
        upgraded = answer(read.message, socket, connection) === "upgraded";
        if (upgraded) return;
      }
    } catch (cause) {
      if (!(cause instanceof Malformed)) throw cause;
      tell({ event: "malformed", connection, why: cause.message });
      socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    }
  });
  socket.on("error", () => socket.destroy());
  socket.on("end", () => tell({ event: "end", connection }));
  socket.on("close", () => tell({ event: "close", connection, rest: bytes.length }));
});

const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const OPEN = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";

function answer(request: RawMessage, socket: Socket, connection: number): "upgraded" | undefined {
  const url = new URL(request.startLine.split(" ")[1] ?? "/", "http://target");
  switch (url.pathname) {
    case "/never":
      return undefined;
    case "/raw":
      // Whatever the test wants to be answered, to the byte; `{pad:<n>}` in it becomes n bytes, `then=close` ends the connection.
      socket.write(padded(Buffer.from(url.searchParams.get("bytes") ?? "", "base64").toString("latin1")), "latin1");
      if (url.searchParams.get("then") === "close") socket.end();
      return undefined;
    case "/events":
      // One event, and then silence.
      socket.write(`${OPEN}Transfer-Encoding: chunked\r\n\r\n11\r\ndata: first one\n\n\r\n`);
      return undefined;
    case "/flood":
      flood(socket, Number(url.searchParams.get("bytes")), connection);
      return undefined;
    case "/cut":
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbeginning", () => socket.resetAndDestroy());
      return undefined;
    case "/socket":
      if (headerOf(request, "upgrade") === undefined) break;
      socket.write(SWITCHED);
      if (url.searchParams.get("then") === "cut") setTimeout(() => socket.resetAndDestroy(), 200);
      return "upgraded";
  }
  socket.write(ok(JSON.stringify(request)));
  return undefined;
}

const padded = (bytes: string): string => bytes.replace(/\{pad:(\d+)\}/, (_all, length) => "a".repeat(Number(length)));

/** Sends as fast as the other side reads, and tells how far it came. */
function flood(socket: Socket, length: number, connection: number): void {
  const block = Buffer.alloc(256 * 1024, "x");
  let left = length;
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
  const push = (): void => {
    while (left > 0 && !socket.destroyed) {
      const part = block.subarray(0, Math.min(left, block.length));
      left -= part.length;
      if (!socket.write(part)) {
        tell({ event: "sent", connection, bytes: length - left });
        return void socket.once("drain", push);
      }
    }
    tell({ event: "sent", connection, bytes: length - left });
  };
  push();
}

server.listen(0, "127.0.0.1");
