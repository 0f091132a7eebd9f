import { createRoute, z } from "@hono/zod-openapi";
import type { Api, ApiParts } from "./context.ts";
import { json, refused } from "./schemas.ts";

const Me = z
  .object({
    email: z.string(),
    name: z.string().nullable(),
    admin: z.boolean(),
    limits: z.object({ maxSessions: z.number(), maxRunning: z.number(), maxConcurrentStarts: z.number() }),
    defaultGitRepo: z.string().nullable(),
  })
  .meta({ id: "Me" });

const meRoute = createRoute({
  method: "get",
  path: "/api/me",
  summary: "Who you are, and your limits",
  responses: { 200: json(Me, "You"), 401: refused("Nobody is signed in") },
});

export function addMeRoute(api: Api, { config }: ApiParts): void {
  const { maxSessions, maxRunning, maxStarts } = config.limits;
  const limits = { maxSessions, maxRunning, maxConcurrentStarts: maxStarts };
  api.openapi(meRoute, (c) => {
    const { email, name, admin } = c.env.principal;
    return c.json({ email, name: name ?? null, admin, limits, defaultGitRepo: config.defaultGitRepo ?? null }, 200);
  });
}
