import { createRoute, z } from "@hono/zod-openapi";
import { ProblemError } from "../../contracts/problem.ts";
import { CreateToken, NewToken, Token } from "../../contracts/token.ts";
import type { Api, ApiParts } from "./context.ts";
import { createProblems, json, refused } from "./schemas.ts";

const noToken = { 403: refused("An access token cannot do this: sign in") };

const listRoute = createRoute({
  method: "get",
  path: "/api/user/tokens",
  summary: "Your personal access tokens",
  responses: {
    200: json(
      z.object({ tokens: z.array(Token) }).meta({ id: "TokenList" }),
      "Newest first; never the tokens themselves",
    ),
    401: createProblems[401],
    ...noToken,
  },
});

const createTokenRoute = createRoute({
  method: "post",
  path: "/api/user/tokens",
  summary: "Make a personal access token",
  request: { body: { required: true, content: { "application/json": { schema: CreateToken } } } },
  responses: {
    201: json(NewToken, "The one time that the token is shown. Send it as `Authorization: Bearer …`"),
    400: refused("The name, a scope or the expiry is not valid"),
    401: createProblems[401],
    403: refused("Only an administrator may have the scope `admin`, and no access token makes another"),
    429: createProblems[429],
  },
});

const revokeRoute = createRoute({
  method: "delete",
  path: "/api/user/tokens/{id}",
  summary: "Revoke a personal access token, at once",
  request: { params: z.object({ id: z.string() }) },
  responses: {
    204: { description: "It is worth nothing any more" },
    401: createProblems[401],
    404: refused("You have no such token"),
    ...noToken,
  },
});

export function addTokenRoutes(api: Api, { people: { tokens, audit } }: ApiParts): void {
  api.openapi(listRoute, async (c) => c.json({ tokens: await tokens.list(c.env.principal.email) }, 200));
  api.openapi(createTokenRoute, async (c) => {
    const { email: actor, admin } = c.env.principal;
    const wish = c.req.valid("json");
    if (wish.scopes.includes("admin") && !admin)
      throw new ProblemError("forbidden", 'scopes: only an administrator may have "admin". Leave it out.');
    const made = await tokens.create(actor, wish);
    audit.record({
      actor,
      action: "token.created",
      subject: made.id,
      detail: `${made.name}: ${made.scopes.join(" ")}`,
    });
    return c.json(made, 201);
  });
  api.openapi(revokeRoute, async (c) => {
    const actor = c.env.principal.email;
    const revoked = await tokens.revoke(actor, c.req.valid("param").id);
    if (!revoked) throw new ProblemError("not_found", "You have no such access token.");
    audit.record({ actor, action: "token.revoked", subject: revoked.id, detail: revoked.name });
    return c.body(null, 204);
  });
}
