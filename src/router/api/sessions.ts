import { createRoute, z } from "@hono/zod-openapi";
import { ProblemError } from "../../contracts/problem.ts";
import { can, CreateSession, Session } from "../../contracts/session.ts";
import { sessionOf, type Api, type ApiParts } from "./context.ts";
import { githubTokenOf } from "./github-token.ts";
import { sessionDeed } from "./session-deed.ts";
import { createProblems, hashParam, json, refused, sessionProblems } from "./schemas.ts";

const SessionList = z.object({ email: z.string(), sessions: z.array(Session) }).meta({ id: "SessionList" });

const listRoute = createRoute({
  method: "get",
  path: "/api/sessions",
  summary: "Your sessions",
  responses: { 200: json(SessionList, "Newest first"), 401: refused("Nobody is signed in") },
});

const createSessionRoute = createRoute({
  method: "post",
  path: "/api/sessions",
  summary: "Create a session, or get the one that exists",
  request: { body: { required: true, content: { "application/json": { schema: CreateSession } } } },
  responses: {
    200: json(Session, "The same session existed; it is resumed"),
    201: json(Session, "Created and starting"),
    ...createProblems,
  },
});

const suggestRoute = createRoute({
  method: "get",
  path: "/api/sessions/suggest-branch",
  summary: "A free branch name",
  request: { query: z.object({ repoUrl: z.string().trim().max(2048).optional() }) },
  responses: { 200: json(z.object({ branch: z.string() }), "A name that no branch has"), 400: createProblems[400] },
});

const getRoute = createRoute({
  method: "get",
  path: "/api/sessions/{hash}",
  summary: "One session",
  request: { params: hashParam },
  responses: { 200: json(Session, "The session"), ...sessionProblems },
});

const lifecycleRoute = <P extends "resume" | "stop">(action: P) =>
  createRoute({
    method: "post",
    path: `/api/sessions/{hash}/${action}`,
    summary: action === "resume" ? "Start a stopped or failed session" : "Stop a session; its files stay",
    request: { params: hashParam },
    responses: {
      202: json(Session, "Begun"),
      ...sessionProblems,
      409: refused("It is being deleted"),
      429: createProblems[429],
    },
  });

const keepaliveRoute = createRoute({
  method: "post",
  path: "/api/sessions/{hash}/keepalive",
  summary: "Count as activity: you still need the session",
  request: { params: hashParam },
  responses: { 202: json(Session, "Noted"), ...sessionProblems, 409: refused("The session does not run") },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/api/sessions/{hash}",
  summary: "Delete a session with all its files",
  request: { params: hashParam },
  responses: { 204: { description: "It is going away" }, ...sessionProblems },
});

export function addSessionRoutes(api: Api, { sessions, people: { audit }, fallbackToken }: ApiParts): void {
  api.openapi(listRoute, (c) => {
    const { email } = c.env.principal;
    return c.json({ email, sessions: sessions.known.list(email) }, 200);
  });
  api.openapi(createSessionRoute, async (c) => {
    const { principal } = c.env;
    const githubToken = await githubTokenOf(principal, fallbackToken);
    const { session, created } = await sessions.create(principal.email, c.req.valid("json"), { githubToken });
    const deed = { action: created ? "session.created" : "session.resumed", detail: sourceOf(session) } as const;
    audit.record(sessionDeed(c.env.principal.email, session, deed));
    return created ? c.json(session, 201) : c.json(session, 200);
  });
  api.openapi(suggestRoute, async (c) => {
    const { principal } = c.env;
    const githubToken = await githubTokenOf(principal, fallbackToken);
    const branch = await sessions.suggestBranch(principal.email, c.req.valid("query").repoUrl, { githubToken });
    return c.json({ branch }, 200);
  });
  api.openapi(getRoute, (c) => {
    const record = sessionOf(c.env);
    return c.json(sessions.known.view(record), 200);
  });
  api.openapi(lifecycleRoute("resume"), async (c) => {
    const session = await sessions.resume(sessionOf(c.env).hash);
    audit.record(sessionDeed(c.env.principal.email, session, { action: "session.resumed" }));
    return c.json(session, 202);
  });
  api.openapi(lifecycleRoute("stop"), async (c) => {
    const session = await sessions.stop(sessionOf(c.env).hash);
    audit.record(sessionDeed(c.env.principal.email, session, { action: "session.stopped" }));
    return c.json(session, 202);
  });
  api.openapi(keepaliveRoute, (c) => {
    const record = sessionOf(c.env);
    const state = sessions.known.state(record);
    if (!can("keepalive", state)) throw new ProblemError("conflict", `The session is ${state}. Resume it instead.`);
    sessions.known.activity.touch(record.hash);
    return c.json(sessions.known.view(record), 202);
  });
  api.openapi(deleteRoute, async (c) => {
    const record = sessionOf(c.env);
    await sessions.delete(record.hash);
    audit.record(sessionDeed(c.env.principal.email, record, { action: "session.deleted" }));
    return c.body(null, 204);
  });
}

const sourceOf = ({ repoUrl, branch }: Session): string =>
  repoUrl === null ? "blank project" : `${repoUrl} ${branch ?? ""}`;
