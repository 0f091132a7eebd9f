import { createRoute } from "@hono/zod-openapi";
import { sseResponse } from "../../lib/sse.ts";
import { progressStream, sessionsStream, startStream } from "../../sessions/streams.ts";
import { ownSession, type Api, type ApiParts } from "./context.ts";
import { eventStream, hashParam, refused, sessionProblems } from "./schemas.ts";

const listStreamRoute = createRoute({
  method: "get",
  path: "/api/sessions/stream",
  summary: "Your sessions, live",
  responses: {
    200: eventStream("`sessions`: the whole list, on connect and on each change"),
    401: refused("Nobody is signed in"),
  },
});

const startStreamRoute = createRoute({
  method: "get",
  path: "/api/sessions/{hash}/events",
  summary: "A start as it happens",
  request: { params: hashParam },
  responses: {
    200: eventStream("`progress`, `state_change`, then `complete` or `error`"),
    ...sessionProblems,
  },
});

const progressStreamRoute = createRoute({
  method: "get",
  path: "/api/sessions/{hash}/progress/stream",
  summary: "The conversation's messages, live",
  request: { params: hashParam },
  responses: { 200: eventStream("`snapshot`, then `message` for each message"), ...sessionProblems },
});

/** Before the routes of one session, because `stream` could be read as a hash. */
export function addStreamRoutes(api: Api, { sessions, draining }: ApiParts): void {
  const options = { signal: draining };
  api.openapi(listStreamRoute, (c) => {
    const { email } = c.env.principal;
    return sseResponse((ended) => sessionsStream(sessions.known, email, ended), options);
  });
  api.openapi(startStreamRoute, (c) => {
    const { hash } = ownSession(sessions, c.env.principal, c.req.valid("param").hash);
    return sseResponse((ended) => startStream(sessions.known, hash, ended), options);
  });
  api.openapi(progressStreamRoute, (c) => {
    const { hash } = ownSession(sessions, c.env.principal, c.req.valid("param").hash);
    return sseResponse((ended) => progressStream(sessions.known, hash, ended), options);
  });
}
