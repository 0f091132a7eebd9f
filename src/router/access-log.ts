import type { IncomingMessage, ServerResponse } from "node:http";
import type { Log } from "../lib/log.ts";

/** One line per answered request. The query stays out of it: it may carry a password. */
export function logAnswer(
  log: Log,
  listener: string,
  { req, res }: { req: IncomingMessage; res: ServerResponse },
): void {
  const started = performance.now();
  res.once("close", () => {
    log.debug(
      {
        listener,
        method: req.method,
        host: req.headers.host,
        path: (req.url ?? "").split("?", 1)[0],
        status: res.statusCode,
        ms: Math.round(performance.now() - started),
        whole: res.writableFinished,
      },
      "request",
    );
  });
}
