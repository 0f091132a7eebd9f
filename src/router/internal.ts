import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Registry } from "prom-client";
import { SessionHash } from "../contracts/session-hash.ts";
import { problem, type ProblemCode } from "../contracts/problem.ts";
import { SessionReport } from "../contracts/status.ts";
import type { Sessions } from "../sessions/service.ts";
import type { Handler } from "./listeners.ts";
import { rawProblem } from "./send-problem.ts";

export interface InternalParts {
  readonly sessions: Sessions;
  readonly metrics: Registry;
  /** @throws when the router cannot do its work. */
  readonly ready: () => Promise<void>;
}

const MAX_REPORT = 2 * 1024 * 1024;

const refuse = (code: ProblemCode, detail: string): Response =>
  new Response(JSON.stringify(problem(code, detail)), {
    status: problem(code, detail).status,
    headers: { "content-type": "application/problem+json" },
  });

/** The listener for sessions, Prometheus and the kubelet: it knows no people. */
export function internalHandler({ sessions, metrics, ready }: InternalParts): Handler {
  const app = new Hono();
  app.get("/healthz", (c) => c.text("ok\n"));
  app.get("/readyz", async (c) => {
    try {
      await ready();
      return c.text("ready\n");
    } catch (cause) {
      return c.text(`not ready: ${cause instanceof Error ? cause.message : "unknown"}\n`, 503);
    }
  });
  app.get("/metrics", async (c) => c.text(await metrics.metrics(), 200, { "content-type": metrics.contentType }));
  app.post("/internal/sessions/:hash/report", bodyLimit({ maxSize: MAX_REPORT }), async (c) => {
    const hash = SessionHash.safeParse(c.req.param("hash"));
    const key = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "")?.[1];
    // One answer for a wrong key and an unknown session: a stranger learns nothing.
    if (!hash.success || key === undefined || !sessions.keys.sessionKey(hash.data).equals(key))
      return refuse("unauthenticated", "The session key is missing or wrong.");
    const report = SessionReport.safeParse(await c.req.json().catch(() => undefined));
    if (!report.success) return refuse("invalid_request", "The report is not valid.");
    await sessions.known.takeReport(hash.data, report.data);
    return c.body(null, 204);
  });
  app.notFound(() => refuse("not_found", "Nothing is served here."));
  const listener = getRequestListener(app.fetch);
  return {
    request: (req, res) => void listener(req, res),
    upgrade: (_req, socket) => void socket.end(rawProblem(problem("not_found", "Nothing is served here."))),
  };
}
