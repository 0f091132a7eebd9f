import { request, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { problem } from "../../contracts/problem.ts";
import type { ToSession } from "../dispatch.ts";
import { destroyOnEarlyEnd } from "../early-end.ts";
import { rawProblem } from "../send-problem.ts";
import { unreachableSentence } from "./answer.ts";
import { answerHeaders, requestHeaders } from "./headers.ts";
import type { Proxy } from "./proxy.ts";
import { statusOf } from "./status.ts";

/** A WebSocket close frame of a server, code 1001 "going away" (RFC 6455, 5.5.1 and 7.4.1). */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/** How long a side may take to go after it has ended, or was told to. */
const LINGER_MS = 1_000;

export interface UpgradeExchange {
  readonly req: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Passes a WebSocket handshake to a session, then moves bytes both ways. */
export function upgrade(proxy: Proxy, route: ToSession, { req, socket, head }: UpgradeExchange): void {
  const { hash } = route.record;
  const rewrite = proxy.rewrite(route, req, true);
  const stopWatching = destroyOnEarlyEnd(socket);
  const upstream = request({
    createConnection: (_options, connected) => {
      // The stream is not read when there is an error; the type has no other form.
      proxy.tunnels.dial(hash, route.target, (cause, socket) => connected(cause, socket as Socket));
      return undefined;
    },
    method: "GET",
    path: route.path,
    headers: requestHeaders(rewrite),
    setHost: false,
  });
  const answerHead = (answer: IncomingMessage) => headText(answer, answerHeaders(answer, route, rewrite.forwarded));
  let opened = false;
  const done = proxy.exchanges.add(route, () => (opened ? goAway(socket) : socket.destroy()));
  const fail = (cause: Error) => {
    upstream.destroy();
    if (opened || answered) socket.destroy();
    else if (socket.writable) socket.end(rawProblem(problem("session_unreachable", unreachableSentence(cause))));
  };
  let answered = false;
  socket.on("close", () => {
    done();
    upstream.destroy();
  });
  upstream.on("error", fail);
  upstream.on("response", (answer) => {
    if (!statusOf(answer)) return fail(new Error("the session answers with an impossible status"));
    answered = true;
    stopWatching();
    // No upgrade: the answer of the session is passed as it is, and the connection ends.
    socket.write(`${answerHead(answer)}Connection: close\r\n\r\n`, "latin1");
    answer.on("error", () => socket.destroy());
    answer.pipe(socket);
  });
  upstream.on("upgrade", (answer, upstreamSocket, upstreamHead) => {
    opened = true;
    stopWatching();
    upstreamSocket.on("error", () => socket.destroy());
    upstreamSocket.on("close", () => socket.destroy());
    socket.on("close", () => upstreamSocket.destroy());
    socket.write(`${answerHead(answer)}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, "latin1");
    if (upstreamHead.length > 0) socket.write(upstreamHead);
    if (head.length > 0) upstreamSocket.write(head);
    // Only what a person sends counts as activity: a page that merely listens does not keep a session running.
    socket.on("data", () => proxy.touch(hash));
    // A client that has left says no more than this; a server that does not care must not keep both connections.
    socket.once("end", () => setTimeout(() => socket.destroy(), LINGER_MS).unref());
    upstreamSocket.pipe(socket);
    socket.pipe(upstreamSocket);
  });
  upstream.end();
}

function goAway(socket: Duplex): void {
  if (socket.writable) socket.end(GOING_AWAY);
  // A peer that does not answer the close must not keep the connection.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function headText(answer: IncomingMessage, headers: readonly string[]): string {
  const { code, reason } = statusOf(answer) ?? { code: 101, reason: "Switching Protocols" };
  let text = `HTTP/1.1 ${code} ${reason}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return text;
}
