import type { ServerResponse } from "node:http";
import { createRoute } from "@hono/zod-openapi";
import { progressStream, sessionsStream, startStream } from "../../sessions/streams.ts";
import { eventAnswer } from "../event-answer.ts";
import { sessionOf, type Api, type ApiEnv, type ApiParts } from "./context.ts";
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

/**
 * Every event has an id: who comes back with the last one gets what came after it, or the whole state anew.
 * Before the routes of one session, because `stream` could be read as a hash.
 */
export function addStreamRoutes(api: Api, { sessions, draining }: ApiParts): void {
  const client = ({ outgoing }: ApiEnv["Bindings"]) => ({ draining, res: outgoing as ServerResponse });
  const reader = (env: ApiEnv["Bindings"], signal: AbortSignal) => {
    const lastEventId = env.incoming.headers["last-event-id"]?.toString();
    return { hash: sessionOf(env).hash, lastEventId, signal };
  };
  api.openapi(listStreamRoute, (c) => {
    const { email } = c.env.principal;
    return eventAnswer((ended) => sessionsStream(sessions.known, email, ended), client(c.env));
  });
  api.openapi(startStreamRoute, (c) => {
    return eventAnswer((ended) => startStream(sessions.known, reader(c.env, ended)), client(c.env));
  });
  api.openapi(progressStreamRoute, (c) => {
    return eventAnswer((ended) => progressStream(sessions.known, reader(c.env, ended)), client(c.env));
  });
}
