import { getRequestListener } from "@hono/node-server";
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import type { Registry } from "prom-client";
import { ADMIN_SECRET_HEADER } from "../contracts/names.ts";
import { SessionHash } from "../contracts/session-hash.ts";
import { problem, ProblemError, type ProblemCode } from "../contracts/problem.ts";
import { SessionReport } from "../contracts/status.ts";
import type { Secret } from "../lib/secret.ts";
import type { Sessions } from "../sessions/service.ts";
import { INTERNAL, type InternalEntranceName } from "./access/table.ts";
import type { Handler } from "./listeners.ts";
import { rawProblem } from "./send-problem.ts";

export interface InternalParts {
  readonly sessions: Sessions;
  readonly metrics: Registry;
  readonly adminSecret: Secret | undefined;
  /** @throws when the router cannot do its work. */
  readonly ready: () => Promise<void>;
  /** Undefined: sessions do not run in images here. */
  readonly pullImage: PullImage | undefined;
}

/** Proves that an image makes healthy sessions, and perhaps makes it that of all starts from now on. @throws ProblemError */
export type PullImage = (wish: z.infer<typeof PullImageWish>) => Promise<void>;

const PullImageWish = z.strictObject({
  image: z
    .string()
    .regex(/^[\w][\w.:/@-]{0,254}$/, "must be the name of an image, such as registry.example.org/session:1.2"),
  updateConfig: z.boolean().default(false),
});

const MAX_BODY = 2 * 1024 * 1024;

const refuse = (code: ProblemCode, detail: string): Response =>
  new Response(JSON.stringify(problem(code, detail)), {
    status: problem(code, detail).status,
    headers: { "content-type": "application/problem+json" },
  });

/** The listener for sessions, Prometheus, the kubelet and operators: it knows no people. */
export function internalHandler(parts: InternalParts): Handler {
  const { sessions, metrics, ready } = parts;
  const app = new Hono();
  const handlers: Record<InternalEntranceName, (c: Context) => Response | Promise<Response>> = {
    "GET /healthz": (c) => c.text("ok\n"),
    "GET /readyz": (c) =>
      ready().then(
        () => c.text("ready\n"),
        (cause: unknown) => c.text(`not ready: ${cause instanceof Error ? cause.message : "unknown"}\n`, 503),
      ),
    "GET /metrics": async (c) => c.text(await metrics.metrics(), 200, { "content-type": metrics.contentType }),
    "POST /internal/sessions/{hash}/report": (c) => takeReport(sessions, c),
    "POST /api/admin/pull-image": (c) => tryImage(parts.pullImage, c),
  };
  for (const [name, handler] of Object.entries(handlers) as [
    InternalEntranceName,
    (typeof handlers)["GET /healthz"],
  ][]) {
    const [method = "", path = ""] = name.split(" ");
    const guard = GUARDS[INTERNAL[name]];
    app.on(method, path.replaceAll(/\{(\w+)\}/g, ":$1"), bodyLimit({ maxSize: MAX_BODY }), (c) => {
      const refused = guard(parts, c);
      return refused ?? handler(c);
    });
  }
  app.notFound(() => refuse("not_found", "Nothing is served here."));
  const listener = getRequestListener(app.fetch);
  return {
    request: (req, res) => void listener(req, res),
    upgrade: (_req, socket) => void socket.end(rawProblem(problem("not_found", "Nothing is served here."))),
  };
}

/** What has to be shown, and the refusal of a request that does not. */
const GUARDS: Record<
  (typeof INTERNAL)[InternalEntranceName],
  (parts: InternalParts, c: Context) => Response | undefined
> = {
  nothing: () => undefined,
  "session key": ({ sessions }, c) => {
    const hash = SessionHash.safeParse(c.req.param("hash"));
    const key = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "")?.[1];
    // One answer for a wrong key and an unknown session: a stranger learns nothing.
    return hash.success && key !== undefined && sessions.keys.sessionKey(hash.data).equals(key)
      ? undefined
      : refuse("unauthenticated", "The session key is missing or wrong.");
  },
  "admin secret": ({ adminSecret }, c) => {
    if (!adminSecret) return refuse("not_configured", "Set ADMIN_SECRET to use this.");
    return adminSecret.equals(c.req.header(ADMIN_SECRET_HEADER) ?? "")
      ? undefined
      : refuse("unauthenticated", "The admin secret is missing or wrong.");
  },
};

async function takeReport(sessions: Sessions, c: Context): Promise<Response> {
  const report = SessionReport.safeParse(await c.req.json().catch(() => undefined));
  if (!report.success) return refuse("invalid_request", "The report is not valid.");
  await sessions.known.takeReport(SessionHash.parse(c.req.param("hash")), report.data);
  return c.body(null, 204);
}

async function tryImage(pullImage: PullImage | undefined, c: Context): Promise<Response> {
  if (!pullImage) return refuse("not_configured", "The process runtime has no images to pull.");
  const wish = PullImageWish.safeParse(await c.req.json().catch(() => undefined));
  if (!wish.success)
    return refuse(
      "invalid_request",
      wish.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}.`).join(" "),
    );
  try {
    await pullImage(wish.data);
    return c.json({ image: wish.data.image, inUse: wish.data.updateConfig });
  } catch (cause) {
    if (cause instanceof ProblemError) return refuse(cause.problem.code, cause.problem.detail);
    throw cause;
  }
}
