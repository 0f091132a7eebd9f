import type { OpenAPIHono } from "@hono/zod-openapi";
import type { HttpBindings } from "@hono/node-server";
import type { GitHub } from "../../people/github.ts";
import type { People } from "../../people/people.ts";
import type { SessionRecord } from "../../sessions/store.ts";
import type { Sessions } from "../../sessions/service.ts";
import type { ApiEntranceName } from "../access/table.ts";
import type { Principal } from "../auth/identify.ts";
import type { Config } from "../config.ts";
import type { FallbackToken } from "./github-token.ts";

/** What comes with each request: Node's own objects, who asks, and what they may: decided by `dispatch`. */
export interface ApiEnv {
  Bindings: HttpBindings & {
    readonly principal: Principal;
    readonly entrance: ApiEntranceName;
    readonly record: SessionRecord | undefined;
  };
}

export type Api = OpenAPIHono<ApiEnv>;

export interface ApiParts {
  readonly sessions: Sessions;
  readonly people: People;
  readonly config: Pick<Config, "limits" | "urls" | "auth" | "defaultGitRepo">;
  readonly github: GitHub;
  readonly fallbackToken: FallbackToken;
  /** Fires when the router goes down: event streams end with a reconnect hint. */
  readonly draining: AbortSignal;
}

/** The session that the path names: access to it was decided before the request came here. */
export function sessionOf({ record }: ApiEnv["Bindings"]): SessionRecord {
  if (!record) throw new Error("a route about a session was asked without one");
  return record;
}
