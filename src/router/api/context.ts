import type { OpenAPIHono } from "@hono/zod-openapi";
import type { HttpBindings } from "@hono/node-server";
import { SessionHash } from "../../contracts/session-hash.ts";
import { ProblemError } from "../../contracts/problem.ts";
import type { SessionRecord } from "../../sessions/store.ts";
import type { Sessions } from "../../sessions/service.ts";
import type { Principal } from "../auth/identify.ts";
import type { Config } from "../config.ts";

/** What comes with each request: Node's own objects, and who asks. */
export interface ApiEnv {
  Bindings: HttpBindings & { readonly principal: Principal };
}

export type Api = OpenAPIHono<ApiEnv>;

export interface ApiParts {
  readonly sessions: Sessions;
  readonly config: Pick<Config, "limits" | "urls" | "auth" | "defaultGitRepo">;
  /** Ends the open attach connections of a session. */
  readonly endAttached: (hash: SessionHash) => void;
  /** Fires when the router goes down: event streams end with a reconnect hint. */
  readonly draining: AbortSignal;
}

/** The session that a path names, for its owner. @throws ProblemError 404 when there is none, 403 when it is another's */
export function ownSession(sessions: Sessions, principal: Principal, hash: string): SessionRecord {
  const record = knownSession(sessions, hash);
  if (record.owner !== principal.email) throw new ProblemError("forbidden", "This session belongs to somebody else.");
  return record;
}

/** The same, for its owner or an admin: to see its state, stop it or delete it. */
export function managedSession(sessions: Sessions, principal: Principal, hash: string): SessionRecord {
  return principal.admin ? knownSession(sessions, hash) : ownSession(sessions, principal, hash);
}

function knownSession(sessions: Sessions, hash: string): SessionRecord {
  const parsed = SessionHash.safeParse(hash);
  const record = parsed.success ? sessions.known.get(parsed.data) : undefined;
  if (!record) throw new ProblemError("not_found", "There is no such session.");
  return record;
}
