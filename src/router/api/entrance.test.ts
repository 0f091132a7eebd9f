import { OpenAPIHono } from "@hono/zod-openapi";
import { expect, test } from "vitest";
import { createApi } from "./api.ts";
import type { ApiEnv, ApiParts } from "./context.ts";
import { routesWithoutRow } from "./entrance.ts";

/** Whatever is asked of it: the routes are only added, and the one that runs needs little. */
const anything: unknown = new Proxy(() => anything, {
  get: (_target, name) => (name === Symbol.toPrimitive ? () => 0 : anything),
});
const api = createApi(anything as ApiParts, anything as never);

const principal = { email: "alice@example.org", admin: false, scopes: "all" };
const ask = async (path: string, entrance: string) => {
  const bindings = { principal, entrance, incoming: { headers: {} } } as unknown as ApiEnv["Bindings"];
  return (await api.fetch(new Request(`http://localhost${path}`), bindings)).status;
};

test("a handler runs only when its own row was checked", async () => {
  expect(await ask("/api/openapi.json", "GET /api/openapi.json")).toBe(200);
  expect(await ask("/api/openapi.json", "GET /api/me")).toBe(404);
  // The API decodes what the table takes as it stands.
  expect(await ask("/api/%6fpenapi.json", "GET /api/me")).toBe(404);
  expect(await ask("/api/sessions/suggest-branch", "GET /api/sessions/{hash}")).toBe(404);
});

test("a route without a row is found, and ours have one each", () => {
  expect(routesWithoutRow(api)).toEqual([]);
  const more = new OpenAPIHono<ApiEnv>();
  more.get("/api/forgotten/:id", (c) => c.text("open to nobody"));
  expect(routesWithoutRow(more)).toEqual(["GET /api/forgotten/{id}"]);
});
