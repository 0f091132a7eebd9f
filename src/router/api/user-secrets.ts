import { createRoute, z } from "@hono/zod-openapi";
import { ProblemError } from "../../contracts/problem.ts";
import { PutSecret, SecretEntry } from "../../contracts/user-secret.ts";
import { Secret } from "../../lib/secret.ts";
import type { Api, ApiParts } from "./context.ts";
import { createProblems, json, refused } from "./schemas.ts";

const nameParam = z.object({ name: z.string().meta({ description: "Name of the variable, e.g. `NPM_TOKEN`" }) });
const noSuchSecret = { 401: createProblems[401], 404: refused("You have no such secret") };

const listRoute = createRoute({
  method: "get",
  path: "/api/user/secrets",
  summary: "Your secrets by name; their values are never told",
  responses: {
    200: json(z.object({ secrets: z.array(SecretEntry) }).meta({ id: "SecretList" }), "By name"),
    401: createProblems[401],
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/api/user/secrets/{name}",
  summary: "Whether you have a secret; its value is never told",
  request: { params: nameParam },
  responses: { 200: json(SecretEntry, "It is set"), ...noSuchSecret },
});

const putRoute = createRoute({
  method: "put",
  path: "/api/user/secrets/{name}",
  summary: "Set a secret: a variable of your sessions from their next start on",
  request: { params: nameParam, body: { required: true, content: { "application/json": { schema: PutSecret } } } },
  responses: {
    201: json(SecretEntry, "Made"),
    204: { description: "Replaced" },
    400: refused("The name is not possible for a secret, or the value is too long"),
    401: createProblems[401],
    429: createProblems[429],
  },
});

const removeRoute = createRoute({
  method: "delete",
  path: "/api/user/secrets/{name}",
  summary: "Remove a secret; sessions lose it at their next start",
  request: { params: nameParam },
  responses: { 204: { description: "Removed" }, ...noSuchSecret },
});

export function addSecretRoutes(api: Api, { people: { secrets, audit } }: ApiParts): void {
  const missing = () => new ProblemError("not_found", "You have no such secret.");
  api.openapi(listRoute, async (c) => c.json({ secrets: await secrets.list(c.env.principal.email) }, 200));
  api.openapi(getRoute, async (c) => {
    const entry = await secrets.get(c.env.principal.email, c.req.valid("param").name);
    if (!entry) throw missing();
    return c.json(entry, 200);
  });
  api.openapi(putRoute, async (c) => {
    const actor = c.env.principal.email;
    const value = new Secret(c.req.valid("json").value);
    const { entry, created } = await secrets.put(actor, c.req.valid("param").name, value);
    audit.record({ actor, action: "secret.set", subject: entry.name });
    return created ? c.json(entry, 201) : c.body(null, 204);
  });
  api.openapi(removeRoute, async (c) => {
    const actor = c.env.principal.email;
    const { name } = c.req.valid("param");
    if (!(await secrets.remove(actor, name))) throw missing();
    audit.record({ actor, action: "secret.removed", subject: name });
    return c.body(null, 204);
  });
}
