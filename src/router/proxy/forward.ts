import { request, type IncomingMessage, type ServerResponse } from "node:http";
import { problem } from "../../contracts/problem.ts";
import type { ToSession } from "../dispatch.ts";
import { sendProblem } from "../send-problem.ts";
import { answerHeaders, requestHeaders } from "./headers.ts";
import { sendNothingListensPage } from "./nothing-listens-page.ts";
import { statusOf, type Status } from "./status.ts";
import { TunnelRefused } from "./tunnel.ts";
import type { Proxy } from "./proxy.ts";

/** Passes one request to a session and its answer back. Nothing is buffered, decompressed or framed anew. */
export function forward(proxy: Proxy, route: ToSession, exchange: { req: IncomingMessage; res: ServerResponse }): void {
  const { req, res } = exchange;
  const { hash } = route.record;
  const rewrite = proxy.rewrite(route, req, false);
  const upstream = request({
    agent: proxy.tunnels.agent(hash, route.target),
    method: req.method,
    path: route.path,
    headers: requestHeaders(rewrite),
    setHost: false,
  });
  const done = proxy.exchanges.add(route, () => res.destroy());
  const fail = (cause: Error) => {
    upstream.destroy();
    failed(cause, route, res);
  };
  upstream.on("response", (answer) => {
    const status = statusOf(answer);
    if (!status) return fail(new Error("the session answers with an impossible status"));
    passAnswer(answer, { status, headers: answerHeaders(answer, route, rewrite.forwarded) }, res);
  });
  upstream.on("upgrade", (_answer, socket) => {
    socket.destroy();
    fail(new Error("the session changes protocols unasked"));
  });
  upstream.on("error", fail);
  res.on("error", () => upstream.destroy());
  res.on("close", () => {
    done();
    // Also after a whole answer: destroying a finished request is harmless, and a client that left ends the rest.
    if (!res.writableFinished) upstream.destroy();
  });
  req.on("error", () => upstream.destroy());
  if (hasBody(req)) req.pipe(upstream);
  else upstream.end();
}

/** RFC 9112, 6.3: a request without either of these has none. */
const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;

interface AnswerHead {
  readonly status: Status;
  readonly headers: string[];
}

function passAnswer(answer: IncomingMessage, { status, headers }: AnswerHead, res: ServerResponse): void {
  res.sendDate = false;
  res.writeHead(status.code, status.reason, headers);
  answer.on("error", () => res.destroy());
  answer.pipe(res);
  // Event streams must show their headers before their first event; what came together goes on together.
  process.nextTick(() => {
    if (!answer.readableDidRead && !res.writableEnded) res.flushHeaders();
  });
}

function failed(cause: Error, { target, ask }: ToSession, res: ServerResponse): void {
  if (res.headersSent || res.destroyed) {
    // A cut answer must look cut to the client, or it would take it for a whole one.
    res.destroy();
    return;
  }
  if (ask === "navigation" && target.kind === "port" && nothingListens(cause))
    return sendNothingListensPage(res, target.port);
  sendProblem(res, problem("session_unreachable", unreachableSentence(cause)));
}

/** A port that is not the session's to serve is told as one where nothing listens. */
const nothingListens = (cause: Error): boolean =>
  cause instanceof TunnelRefused && (cause.status === 502 || cause.status === 403);

export const unreachableSentence = (cause: Error): string =>
  nothingListens(cause)
    ? "Nothing listens on this port in the session. Start the server, then try again."
    : "The session does not answer. Try again in a moment.";
