import { createRoute, z } from "@hono/zod-openapi";
import { AuditEntry } from "../../contracts/audit.ts";
import { Session } from "../../contracts/session.ts";
import type { Api, ApiParts } from "./context.ts";
import { createProblems, json, refused } from "./schemas.ts";

const DEFAULT_PAGE = 100;
const MAX_PAGE = 500;

const forAdmins = { 401: createProblems[401], 403: refused("Only administrators may see this") };

const sessionsRoute = createRoute({
  method: "get",
  path: "/api/admin/sessions",
  summary: "Everybody's sessions",
  responses: {
    200: json(z.object({ sessions: z.array(Session) }).meta({ id: "AllSessions" }), "Newest first"),
    ...forAdmins,
  },
});

const AuditPage = z
  .object({
    entries: z.array(AuditEntry),
    next: z.string().nullable().meta({ description: "`before` of the following page; null when this is the last" }),
  })
  .meta({ id: "AuditPage" });

const auditRoute = createRoute({
  method: "get",
  path: "/api/admin/audit",
  summary: "Who did what when, of the last 90 days",
  request: {
    query: z.object({
      limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
      before: z
        .string()
        .regex(/^[0-9a-f]{26}$/, "must be the `next` of a page")
        .optional(),
    }),
  },
  responses: { 200: json(AuditPage, "Newest first"), 400: createProblems[400], ...forAdmins },
});

export function addAdminRoutes(api: Api, { sessions, people: { audit } }: ApiParts): void {
  api.openapi(sessionsRoute, (c) => c.json({ sessions: sessions.known.listAll() }, 200));
  api.openapi(auditRoute, async (c) => c.json(await audit.page(c.req.valid("query")), 200));
}
