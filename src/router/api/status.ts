import { createRoute } from "@hono/zod-openapi";
import { ProblemError } from "../../contracts/problem.ts";
import { SessiondStatus } from "../../contracts/status.ts";
import { sessionOf, type Api, type ApiParts } from "./context.ts";
import { hashParam, json, refused, sessionProblems } from "./schemas.ts";

const statusRoute = createRoute({
  method: "get",
  path: "/api/sessions/{hash}/status",
  summary: "What runs inside the session",
  request: { params: hashParam },
  responses: {
    200: json(SessiondStatus, "sessiond's own report"),
    ...sessionProblems,
    502: refused("The session does not answer"),
    503: refused("The session is not running"),
  },
});

export function addStatusRoute(api: Api, { sessions }: ApiParts): void {
  api.openapi(statusRoute, async (c) => {
    const record = sessionOf(c.env);
    const state = sessions.known.state(record);
    if (state !== "running") throw new ProblemError("session_not_running", `The session is ${state}.`);
    return c.json((await sessions.known.freshReport(record.hash)).status, 200);
  });
}
