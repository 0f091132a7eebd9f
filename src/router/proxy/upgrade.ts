import { request, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { problem } from "../../contracts/problem.ts";
import type { ToSession } from "../dispatch.ts";
import { rawProblem } from "../send-problem.ts";
import { unreachableSentence } from "./forward.ts";
import { answerHeaders, requestHeaders } from "./headers.ts";
import type { Proxy } from "./proxy.ts";

/** A WebSocket close frame of a server, code 1001 "going away" (RFC 6455, 5.5.1 and 7.4.1). */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

export interface UpgradeExchange {
  readonly req: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Passes a WebSocket handshake to a session, then moves bytes both ways. */
export function upgrade(proxy: Proxy, route: ToSession, { req, socket, head }: UpgradeExchange): void {
  const { hash } = route.record;
  const rewrite = proxy.rewrite(route, req, true);
  const upstream = request({
    agent: proxy.tunnels.agent(hash, route.target),
    method: "GET",
    path: route.path,
    headers: requestHeaders(rewrite),
    setHost: false,
  });
  const answerHead = (answer: IncomingMessage) => headText(answer, answerHeaders(answer, route, rewrite.forwarded));
  const done = proxy.exchanges.add(route, () => goAway(socket));
  socket.on("close", () => {
    done();
    upstream.destroy();
  });
  upstream.on("error", (cause) => {
    if (socket.writable) socket.end(rawProblem(problem("session_unreachable", unreachableSentence(cause))));
  });
  upstream.on("response", (answer) => {
    // No upgrade: the answer of the session is passed as it is, and the connection ends.
    socket.write(`${answerHead(answer)}Connection: close\r\n\r\n`);
    answer.pipe(socket);
  });
  upstream.on("upgrade", (answer, upstreamSocket, upstreamHead) => {
    upstreamSocket.on("error", () => socket.destroy());
    upstreamSocket.on("close", () => socket.destroy());
    socket.on("close", () => upstreamSocket.destroy());
    socket.write(`${answerHead(answer)}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    if (upstreamHead.length > 0) socket.write(upstreamHead);
    if (head.length > 0) upstreamSocket.write(head);
    // Only what a person sends counts as activity: a page that merely listens does not keep a session running.
    socket.on("data", () => proxy.touch(hash));
    upstreamSocket.pipe(socket);
    socket.pipe(upstreamSocket);
  });
  upstream.end();
}

function goAway(socket: Duplex): void {
  if (socket.writable) socket.end(GOING_AWAY);
  // A peer that does not answer the close must not keep the connection.
  setTimeout(() => socket.destroy(), 1_000).unref();
}

function headText(answer: IncomingMessage, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return text;
}
