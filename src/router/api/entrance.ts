import type { Context } from "hono";
import { matchedRoutes } from "hono/route";
import { API } from "../access/table.ts";
import type { Api, ApiEnv } from "./context.ts";

/** `POST /api/sessions/:hash/stop` as the access table writes it. */
const rowName = (method: string, path: string): string => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`;

/** The row of the handler that will run: the first that fits, as they were added. */
export function entranceOf(c: Context<ApiEnv>): string | undefined {
  const route = matchedRoutes(c).find(({ method }) => method !== "ALL");
  return route && rowName(route.method, route.path);
}

/** The handlers that nobody would ever be let in to. */
export const routesWithoutRow = (api: Api): string[] =>
  api.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => rowName(method, path))
    .filter((name) => !Object.hasOwn(API, name));
