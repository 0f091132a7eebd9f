import type { IncomingHttpHeaders } from "node:http";
import { parseHost, type Host } from "../contracts/hosts.ts";
import { ATTACH_REALM } from "../contracts/names.ts";
import { problem, type Problem, type ProblemCode } from "../contracts/problem.ts";
import type { SessionState } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { SessionRecord } from "../sessions/store.ts";
import { hashOfPassword } from "../sessions/session-keys.ts";
import { attachCredentials } from "./auth/attach-credentials.ts";
import type { FailureLimit } from "./auth/failure-limit.ts";
import { identify, type Principal } from "./auth/identify.ts";
import { originMayCall } from "./auth/same-origin.ts";
import type { Config } from "./config.ts";

/** What sessiond is asked to connect to. */
export type Target = { readonly kind: "opencode" } | { readonly kind: "port"; readonly port: number };

export interface ToSession {
  readonly to: "session";
  readonly record: SessionRecord;
  readonly target: Target;
  readonly entrance: "public" | "attach";
  /** The path to ask for: without an attach password. */
  readonly path: string;
  readonly noReferrer: boolean;
}

export type Route =
  | { readonly to: "main"; readonly principal: Principal }
  | ToSession
  | { readonly to: "reject"; readonly problem: Problem; readonly headers: Readonly<Record<string, string>> };

/** A request or an upgrade, as far as the decision needs it. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly upgrade: boolean;
  /** Address of the client. */
  readonly from: string;
}

/** What the decision reads: all of it from memory. */
export interface DispatchContext {
  readonly config: Pick<Config, "auth" | "admins" | "grammar" | "urls">;
  readonly sessions: {
    get(hash: SessionHash): SessionRecord | undefined;
    state(record: SessionRecord): SessionState;
    attachPassword(record: SessionRecord): { equals(candidate: string): boolean };
  };
  readonly failures: FailureLimit;
}

const reject = (code: ProblemCode, detail: string, headers: Record<string, string> = {}): Route => ({
  to: "reject",
  problem: problem(code, detail),
  headers,
});

const noSuchHost = () => reject("not_found", "Nothing is served under this host name.");
const noSuchSession = () => reject("not_found", "There is no such session.");

/** Where a request on the public listener goes. */
export function dispatchPublic(asked: Asked, context: DispatchContext): Route {
  const { config, sessions } = context;
  const host = parseHost(asked.headers.host, config.grammar);
  if (!host || host.kind === "attach") return noSuchHost();
  const principal = identify(asked.headers, config.auth, config.admins);
  if (!principal) return reject("unauthenticated", "Sign in to use this.");
  if (host.kind === "main") return { to: "main", principal };
  const record = sessions.get(host.hash);
  if (!record || record.owner !== principal.email) return noSuchSession();
  const allowed = [ownOrigin(asked, config), config.urls.main];
  if (!originMayCall({ ...asked, allowed }))
    return reject("cross_origin", "A page of another site may not do this here.");
  if (host.kind === "ide") return reject("not_configured", "This version has no web IDE yet.");
  return ready({ record, target: targetOf(host), entrance: "public", path: asked.url, noReferrer: false }, context);
}

/** Where a request on the attach listener goes: to the session whose password it carries, or nowhere. */
export function dispatchAttach(asked: Asked, context: DispatchContext): Route {
  const { config, sessions, failures } = context;
  const host = parseHost(asked.headers.host, config.grammar);
  if (host && host.kind !== "attach" && host.kind !== "main") return noSuchHost();
  const { password, path, inUrl } = attachCredentials(asked.headers, asked.url);
  const hash = host?.kind === "attach" ? host.hash : hashOfPassword(password ?? "");
  const key = `${asked.from} ${hash ?? ""}`;
  const retryAfter = failures.retryAfterSeconds(key);
  if (retryAfter > 0)
    return reject("too_many_requests", "Too many wrong passwords. Wait a minute, then try again.", {
      "retry-after": String(retryAfter),
    });
  const record = hash && sessions.get(hash);
  if (!record || password === undefined || !sessions.attachPassword(record).equals(password)) {
    if (password !== undefined) failures.failed(key);
    return reject("unauthenticated", "The attach password is missing or wrong.", { "www-authenticate": ATTACH_REALM });
  }
  return ready({ record, target: { kind: "opencode" }, entrance: "attach", path, noReferrer: inUrl }, context);
}

function ready(found: Omit<ToSession, "to">, { sessions }: DispatchContext): Route {
  const state = sessions.state(found.record);
  if (state === "running") return { to: "session", ...found };
  return reject("session_not_running", `The session is ${state}. Resume it, then try again.`, { "retry-after": "5" });
}

const targetOf = (host: Extract<Host, { kind: "session" | "port" }>): Target =>
  host.kind === "port" ? { kind: "port", port: host.port } : { kind: "opencode" };

const ownOrigin = ({ headers }: Asked, { urls }: DispatchContext["config"]): string =>
  `${urls.proto}://${(headers.host ?? "").toLowerCase()}`;
