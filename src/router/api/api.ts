import { OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { isDiskFull } from "../../contracts/failure-words.ts";
import { ProblemError, problem, type Problem } from "../../contracts/problem.ts";
import type { Log } from "../../lib/log.ts";
import { addAdminRoutes } from "./admin.ts";
import { addAttachRoutes } from "./attach.ts";
import type { Api, ApiEnv, ApiParts } from "./context.ts";
import { entranceOf, routesWithoutRow } from "./entrance.ts";
import { addMeRoute } from "./me.ts";
import { addPortRoutes } from "./ports.ts";
import { addRepoRoutes } from "./repos.ts";
import { addSessionRoutes } from "./sessions.ts";
import { addStatusRoute } from "./status.ts";
import { addStreamRoutes } from "./streams.ts";
import { addSecretRoutes } from "./user-secrets.ts";
import { addTokenRoutes } from "./user-tokens.ts";

const DISK_FULL_HERE = "The router's disk is full, so nothing can be stored. Ask the operator to free some space.";
const MAX_BODY = 1024 * 1024;

/** The HTTP API of the main host. */
export function createApi(parts: ApiParts, log: Log): Api {
  const api = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw new ProblemError("invalid_request", issuesSentence(result.error.issues));
    },
  });
  api.use(async (c, next) => {
    const headers = c.env.incoming.headers;
    // Nothing is carried out but what was decided on, however the path is written.
    if (entranceOf(c) !== c.env.entrance) throw new ProblemError("not_found", "The API has no such route.");
    if (hasBody(headers) && !/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(headers["content-type"] ?? ""))
      throw new ProblemError("unsupported_media_type", "Send the body as application/json.");
    const { email, githubToken } = c.env.principal;
    if (githubToken) parts.people.githubTokens.remember(email, githubToken);
    await next();
    c.res.headers.set("x-content-type-options", "nosniff");
    if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
  });
  api.use(
    bodyLimit({
      maxSize: MAX_BODY,
      onError: () => {
        throw new ProblemError("too_large", "The body may have at most 1 MiB.");
      },
    }),
  );
  addMeRoute(api, parts);
  addRepoRoutes(api, parts);
  addStreamRoutes(api, parts);
  addSessionRoutes(api, parts);
  addAttachRoutes(api, parts);
  addStatusRoute(api, parts);
  addPortRoutes(api, parts);
  addTokenRoutes(api, parts);
  addSecretRoutes(api, parts);
  addAdminRoutes(api, parts);
  api.doc31("/api/openapi.json", { openapi: "3.1.0", info: { title: "opencode-router", version: "1" } });
  const forgotten = routesWithoutRow(api);
  if (forgotten.length > 0) throw new Error(`routes without a row in the access table: ${forgotten.join(", ")}`);
  api.notFound((c) => answer(c, problem("not_found", "The API has no such route.")));
  api.onError((cause, c) => translate(cause, c, log));
  return api;
}

const hasBody = (headers: {
  "content-length"?: string | undefined;
  "transfer-encoding"?: string | undefined;
}): boolean => headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;

const issuesSentence = (issues: readonly { path: readonly PropertyKey[]; message: string }[]): string =>
  issues.map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message)).join("; ");

/** The one place where an error becomes an answer. */
function translate(cause: Error, c: Context<ApiEnv>, log: Log): Response {
  if (cause instanceof ProblemError) return answer(c, cause.problem, cause.headers);
  if (cause instanceof HTTPException && cause.status < 500)
    return answer(c, problem("invalid_request", "The body is not valid JSON."));
  log.error({ err: cause, method: c.req.method, path: c.req.path }, "api.failed");
  if (isDiskFull(cause.message)) return answer(c, problem("unavailable", DISK_FULL_HERE), { "retry-after": "60" });
  return answer(c, problem("internal", "Something went wrong here. It is in the router's log."));
}

function answer(c: Context<ApiEnv>, { ...body }: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return c.body(JSON.stringify(body), body.status as 400, { ...headers, "content-type": "application/problem+json" });
}
