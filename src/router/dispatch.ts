import type { IncomingHttpHeaders } from "node:http";
import { parseHost, type Host } from "../contracts/hosts.ts";
import { ATTACH_REALM, START_EVENTS_PATH } from "../contracts/names.ts";
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
  readonly ask: Ask;
  /** Address of the client, as the session is told. */
  readonly from: string;
}

/**
 * What kind of request it is, as far as a stopped session is concerned.
 * - `navigation`: somebody opens a page; they get the waiting page.
 * - `request`: a program, or something that a person does on a page. It starts the session and waits for it.
 * - `fetch`: what an open page loads. It is activity, but starts nothing: a page that was left open would undo every stop.
 * - `passive`: an open page or terminal listens for events, or asks whether the server lives. Not even activity.
 */
export type Ask = "navigation" | "request" | "fetch" | "passive";

export type Route =
  | { readonly to: "main"; readonly principal: Principal }
  | ToSession
  /** The session does not run: the request is held until it does, or a browser gets the waiting page. */
  | { readonly to: "wake"; readonly record: SessionRecord; readonly ask: Ask }
  /** The events of the session's start, for the waiting page. */
  | { readonly to: "start-events"; readonly record: SessionRecord }
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
  if (asked.url === START_EVENTS_PATH) return { to: "start-events", record };
  const found = { record, target: targetOf(host), entrance: "public", path: asked.url, noReferrer: false } as const;
  return ready({ ...found, ask: askOf(asked), from: asked.from }, context);
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
  const found = { record, target: { kind: "opencode" }, entrance: "attach", path, noReferrer: inUrl } as const;
  const ask = askOf(asked);
  // The waiting page is for people who are signed in; here it is a program that asks.
  return ready({ ...found, ask: ask === "navigation" ? "request" : ask, from: asked.from }, context);
}

function ready(found: Omit<ToSession, "to">, { sessions }: DispatchContext): Route {
  const { record, ask } = found;
  const state = sessions.state(record);
  switch (state) {
    case "running":
      return { to: "session", ...found };
    case "stopped":
    case "starting":
    case "stopping":
      return { to: "wake", record, ask };
    case "failed":
      // The waiting page says why; nothing is tried again before somebody asks for it.
      if (ask === "navigation") return { to: "wake", record, ask };
      return reject(
        "session_not_running",
        record.failure?.message ?? "The session has failed. Resume it to try again.",
      );
    case "deleting":
      return noSuchSession();
  }
}

/** What opencode's own pages and terminals ask for by themselves, for ever. */
const PASSIVE_PATHS = new Set(["/event", "/global/event", "/api/event", "/api/health"]);

function askOf({ method, url, headers, upgrade }: Asked): Ask {
  if (method !== "GET" || upgrade) return "request";
  const accept = headers.accept ?? "";
  if (accept.includes("text/event-stream") || PASSIVE_PATHS.has(url.split("?", 1)[0] ?? "")) return "passive";
  // Only a browser sends this header, and tells with it who asks: the person or the page.
  const mode = headers["sec-fetch-mode"];
  if (mode !== undefined) return mode === "navigate" ? "navigation" : "fetch";
  return accept.includes("text/html") ? "navigation" : "request";
}

const targetOf = (host: Extract<Host, { kind: "session" | "port" }>): Target =>
  host.kind === "port" ? { kind: "port", port: host.port } : { kind: "opencode" };

const ownOrigin = ({ headers }: Asked, { urls }: DispatchContext["config"]): string =>
  `${urls.proto}://${(headers.host ?? "").toLowerCase()}`;
