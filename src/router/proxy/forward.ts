import type { IncomingMessage, ServerResponse } from "node:http";
import { PassThrough, type Readable } from "node:stream";
import type { ToSession } from "../dispatch.ts";
import { Answer } from "./answer.ts";
import { requestHeaders } from "./headers.ts";
import type { Proxy } from "./proxy.ts";

/** Passes one request to a session and its answer back. Nothing is buffered or decompressed. */
export function forward(proxy: Proxy, route: ToSession, exchange: { req: IncomingMessage; res: ServerResponse }): void {
  const { req, res } = exchange;
  const rewrite = proxy.rewrite(route, req, false);
  const answer = new Answer(route, rewrite.forwarded, res);
  const done = proxy.exchanges.add(route, (why) => {
    // An upload or download that is on its way may still arrive.
    if (why === "not allowed" || route.ask === "passive" || answer.isEventStream) res.destroy();
  });
  res.on("error", () => res.destroy());
  res.on("close", () => {
    done();
    answer.clientLeft();
  });
  const pool = proxy.tunnels.pool(route.record.hash, route.target);
  const headers = requestHeaders(rewrite);
  pool.dispatch({ method: rewrite.method as "GET", path: route.path, headers, body: bodyOf(req) }, answer);
}

/** RFC 9112, 6.3: a request without a length and without chunks has no body. */
function bodyOf(req: IncomingMessage): Readable | null {
  if (req.headers["content-length"] === undefined && req.headers["transfer-encoding"] === undefined) return null;
  // A session may answer before it has read all, and a body that is not wanted any more is destroyed: not the client's
  // connection with it, on which the answer is still to be sent.
  const body = req.pipe(new PassThrough());
  req.on("error", (cause) => body.destroy(cause));
  body.on("error", () => {
    // The request has failed or is answered, and tells it by itself.
  });
  // After the pipe's own listener, which pauses the request: what the client still sends has to go somewhere.
  body.on("close", () => req.resume());
  return body;
}
