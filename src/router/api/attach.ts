import { createRoute, z } from "@hono/zod-openapi";
import type { SessionRecord } from "../../sessions/store.ts";
import type { Sessions } from "../../sessions/service.ts";
import { sessionOf, type Api, type ApiParts } from "./context.ts";
import { sessionDeed } from "./session-deed.ts";
import { hashParam, json, sessionProblems } from "./schemas.ts";

const AttachInfo = z
  .object({ hash: z.string(), attachUrl: z.string(), attachPassword: z.string(), command: z.string() })
  .meta({ id: "AttachInfo" });

const infoRoute = createRoute({
  method: "get",
  path: "/api/sessions/{hash}/attach-info",
  summary: "How to attach the local terminal",
  request: { params: hashParam },
  responses: { 200: json(AttachInfo, "For the owner only"), ...sessionProblems },
});

const rotateRoute = createRoute({
  method: "post",
  path: "/api/sessions/{hash}/attach-password",
  summary: "Make a new attach password; the old one ends at once",
  request: { params: hashParam },
  responses: { 200: json(AttachInfo, "With the new password"), ...sessionProblems },
});

export function addAttachRoutes(api: Api, { sessions, people: { audit } }: ApiParts): void {
  api.openapi(infoRoute, (c) => {
    const record = sessionOf(c.env);
    return c.json(attachInfo(sessions, record), 200, { "cache-control": "no-store" });
  });
  api.openapi(rotateRoute, async (c) => {
    const { hash } = sessionOf(c.env);
    const record = await sessions.rotateAttachPassword(hash);
    audit.record(sessionDeed(c.env.principal.email, record, { action: "session.attach_password_rotated" }));
    return c.json(attachInfo(sessions, record), 200, { "cache-control": "no-store" });
  });
}

function attachInfo(sessions: Sessions, record: SessionRecord): z.infer<typeof AttachInfo> {
  const { hash, attachUrl } = sessions.known.view(record);
  const attachPassword = sessions.keys.attachPassword(record).reveal();
  const conversation = record.conversation ? ` -s ${record.conversation.id}` : "";
  const command = `opencode attach ${attachUrl} --password ${attachPassword}${conversation}`;
  return { hash, attachUrl, attachPassword, command };
}
