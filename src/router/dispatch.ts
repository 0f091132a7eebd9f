import type { IncomingHttpHeaders } from "node:http";
import { parseHost, type Host } from "../contracts/hosts.ts";
import { ATTACH_REALM, START_EVENTS_PATH } from "../contracts/names.ts";
import { problem, type Problem, type ProblemCode } from "../contracts/problem.ts";
import type { Failure, SessionState } from "../contracts/session.ts";
import { isSessionHash, type SessionHash } from "../contracts/session-hash.ts";
import { ELSEWHERE } from "../sessions/known.ts";
import type { Share } from "../sessions/shares.ts";
import type { SessionRecord } from "../sessions/store.ts";
import { hashOfPassword } from "../sessions/session-keys.ts";
import { allowedMethods, apiEntrance } from "./access/api-entrance.ts";
import { apiRefusal, failureSentence, noSuchSession, refusal, roleOf } from "./access/may.ts";
import { ATTACH, HOSTS, PORT_HOSTS, type ApiEntranceName, type Role } from "./access/table.ts";
import { askOf, type Ask } from "./ask.ts";
import { attachCredentials } from "./auth/attach-credentials.ts";
import type { FailureLimit } from "./auth/failure-limit.ts";
import { identify, tokenHolder, type Caller, type Principal, type TokenGrant } from "./auth/identify.ts";
import { originMayCall } from "./auth/same-origin.ts";
import { bearerToken } from "./auth/token-check.ts";
import type { Config } from "./config.ts";

/** What sessiond is asked to connect to. */
export type Target = { readonly kind: "opencode" } | { readonly kind: "port"; readonly port: number };

/** A session that the caller may use by this way. */
export interface Admitted {
  readonly record: SessionRecord;
  readonly target: Target;
  readonly entrance: "public" | "attach";
  /** What the caller is to the session; on the attach listener the password stands for the owner. */
  readonly role: Role;
  /** Who is asking, if anybody is signed in. */
  readonly principal: Principal | undefined;
}

/** What somebody who was admitted asks of the session. */
export interface AskedOfSession extends Admitted {
  /** The path to ask for: without an attach password. */
  readonly path: string;
  readonly noReferrer: boolean;
  readonly ask: Ask;
  /** Address of the client, as the session is told. */
  readonly from: string;
}

export interface ToSession extends AskedOfSession {
  readonly to: "session";
}

export type Route =
  | { readonly to: "ui" }
  /** Ask again with what this personal access token is good for. */
  | { readonly to: "check-token"; readonly token: string; readonly asked: Asked }
  | {
      readonly to: "api";
      readonly principal: Principal;
      readonly entrance: ApiEntranceName;
      /** The session that the path names. */
      readonly record: SessionRecord | undefined;
    }
  | ToSession
  /** The session does not run: the request is held until it does, or a browser gets the waiting page. */
  | (AskedOfSession & { readonly to: "wake" })
  /** The events of the session's start, for the waiting page. */
  | { readonly to: "start-events"; readonly record: SessionRecord; readonly role: Role }
  /** A page is opened, and who opens it has not signed in yet. */
  | { readonly to: "sign-in"; readonly location: string }
  | { readonly to: "reject"; readonly problem: Problem; readonly headers: Readonly<Record<string, string>> };

/** A request or an upgrade, as far as the decision needs it. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly upgrade: boolean;
  /** Address of the client. */
  readonly from: string;
  /** What the personal access token is good for, or why it is not; undefined: none was shown. */
  readonly token?: TokenGrant | Problem | undefined;
}

/** What the decision reads: all of it from memory. */
export interface DispatchContext {
  readonly config: Pick<Config, "auth" | "admins" | "grammar" | "urls" | "ssoCookieName">;
  readonly sessions: {
    get(hash: SessionHash): SessionRecord | undefined;
    state(record: SessionRecord): SessionState;
    /** Why it is failed; undefined when it is not. */
    failure(record: SessionRecord): Failure | undefined;
    /** Whether it is this router that runs the session. */
    isHere(record: SessionRecord): boolean;
    attachPassword(record: SessionRecord): { equals(candidate: string): boolean };
    share(hash: SessionHash, port: number): Share;
  };
  readonly failures: FailureLimit;
}

const refuse = (reason: Problem, headers: Record<string, string> = {}): Route => ({
  to: "reject",
  problem: reason,
  headers,
});
const reject = (code: ProblemCode, detail: string, headers: Record<string, string> = {}): Route =>
  refuse(problem(code, detail), headers);

const noSuchHost = () => reject("not_found", "Nothing is served under this host name.");
const crossOrigin = () => reject("cross_origin", "A page of another site may not do this here.");
const badTarget = () => reject("invalid_request", "The request's target must be a path.");

/** Where a request on the public listener goes. */
export function dispatchPublic(asked: Asked, context: DispatchContext): Route {
  const host = parseHost(asked.headers.host, context.config.grammar);
  if (!host || host.kind === "attach") return noSuchHost();
  if (!asked.url.startsWith("/")) return badTarget();
  const caller = identify(asked.headers, context.config.auth, context.config.admins);
  if (caller === "outside") return refuse(problem("unauthenticated", "Sign in to use this."));
  return host.kind === "main" ? toMainHost(asked, caller, context) : toSessionHost(asked, { host, caller }, context);
}

function toMainHost(asked: Asked, caller: Caller, context: DispatchContext): Route {
  const { config, sessions } = context;
  const isApi = /^\/api(?:[/?]|$)/.test(asked.url);
  const shown = isApi ? bearerToken(asked.headers.authorization) : undefined;
  if (shown !== undefined && !asked.token) return { to: "check-token", token: shown, asked };
  const grant = shown === undefined ? undefined : asked.token;
  if (grant && "status" in grant) return refuse(grant);
  const principal = grant ? tokenHolder(grant, config.auth, config.admins) : personOf(caller);
  const hostRefusal = refusal(HOSTS.main, roleOf(principal));
  if (hostRefusal || !principal) return refuse(hostRefusal ?? problem("unauthenticated", "Sign in to use this."));
  if (!isApi) return { to: "ui" };
  if (!originMayCall(asked, () => [config.urls.main])) return crossOrigin();
  const found = apiEntrance(asked.method, asked.url);
  if (!found) return noSuchRoute(asked.url);
  const { hash } = found;
  const record = hash !== undefined && isSessionHash(hash) ? sessions.get(hash) : undefined;
  if (hash !== undefined && !record) return refuse(noSuchSession);
  const why = apiRefusal(found.entrance, roleOf(principal, record), principal);
  return why ? refuse(why) : { to: "api", principal, entrance: found.name, record };
}

function noSuchRoute(url: string): Route {
  const methods = allowedMethods(url);
  if (methods.length === 0) return reject("not_found", "The API has no such route.");
  const allow = methods.join(", ");
  return reject("method_not_allowed", `This route knows ${allow} only.`, { allow });
}

interface SessionCaller {
  readonly host: Extract<Host, { kind: "session" | "port" | "ide" }>;
  readonly caller: Caller;
}

function toSessionHost(asked: Asked, { host, caller }: SessionCaller, context: DispatchContext): Route {
  const { config, sessions } = context;
  const principal = personOf(caller);
  const record = sessions.get(host.hash);
  const share = host.kind === "port" ? sessions.share(host.hash, host.port) : undefined;
  const row = share ? PORT_HOSTS[share.level] : HOSTS[host.kind as "session" | "ide"];
  const role = roleOf(principal, record && { owner: record.owner, named: share?.people ?? [] });
  // A session that does not exist is refused as one that exists and is somebody else's.
  const why = refusal(record ? row : HOSTS.session, role);
  if (why?.status === 401 && leadsToSignIn(asked, config)) return toSignIn(asked, config);
  if (!record || why) return refuse(why ?? noSuchSession);
  if (share?.level !== "public" && !originMayCall(asked, () => [ownOrigin(asked, config), config.urls.main]))
    return crossOrigin();
  if (host.kind === "ide") return reject("not_configured", "This version has no web IDE yet.");
  if (asked.url === START_EVENTS_PATH) return { to: "start-events", record, role };
  const found: AskedOfSession = {
    record,
    target: targetOf(host),
    entrance: "public",
    role,
    principal,
    path: asked.url,
    noReferrer: false,
    ask: askOf(asked),
    from: asked.from,
  };
  return ready(found, context);
}

/**
 * The edge lets strangers come to port hosts, since only here it is known which are public. Who has the sign-in's cookie has
 * been asked already, and would be sent back and forth.
 */
const leadsToSignIn = (asked: Asked, { urls, ssoCookieName }: DispatchContext["config"]): boolean =>
  urls.signIn !== undefined &&
  askOf(asked) === "navigation" &&
  !(asked.headers.cookie ?? "").split(";").some((pair) => pair.trimStart().startsWith(ssoCookieName));

function toSignIn(asked: Asked, config: DispatchContext["config"]): Route {
  const back = encodeURIComponent(ownOrigin(asked, config) + asked.url);
  return { to: "sign-in", location: `${config.urls.signIn}?rd=${back}` };
}

const personOf = (caller: Caller): Principal | undefined => (typeof caller === "string" ? undefined : caller);

/** Where a request on the attach listener goes: to the session whose password it carries, or nowhere. */
export function dispatchAttach(asked: Asked, context: DispatchContext): Route {
  const { config, sessions, failures } = context;
  const host = parseHost(asked.headers.host, config.grammar);
  if (host && host.kind !== "attach" && host.kind !== "main") return noSuchHost();
  if (!asked.url.startsWith("/")) return badTarget();
  const { password, path, inUrl } = attachCredentials(asked.headers, asked.url);
  const hash = host?.kind === "attach" ? host.hash : hashOfPassword(password ?? "");
  const key = `${asked.from} ${hash ?? ""}`;
  const retryAfter = failures.retryAfterSeconds(key);
  if (retryAfter > 0)
    return reject("too_many_requests", "Too many wrong passwords. Wait a minute, then try again.", {
      "retry-after": String(retryAfter),
    });
  const record = hash && sessions.get(hash);
  const isRight = record && password !== undefined && sessions.attachPassword(record).equals(password);
  if (ATTACH[isRight ? "password" : "anybodyElse"] !== "allow" || !record) {
    if (password !== undefined) failures.failed(key);
    return reject("unauthenticated", "The attach password is missing or wrong.", { "www-authenticate": ATTACH_REALM });
  }
  const found = {
    record,
    target: { kind: "opencode" },
    entrance: "attach",
    role: "owner",
    principal: undefined,
  } as const;
  const ask = askOf(asked);
  // The waiting page is for people who are signed in; here it is a program that asks.
  const how = { path, noReferrer: inUrl, ask: ask === "navigation" ? "request" : ask, from: asked.from } as const;
  return ready({ ...found, ...how }, context);
}

function ready(found: AskedOfSession, { sessions }: DispatchContext): Route {
  const { record, role, ask } = found;
  if (!sessions.isHere(record)) return reject("elsewhere", ELSEWHERE);
  const state = sessions.state(record);
  switch (state) {
    case "running":
      return { to: "session", ...found };
    case "stopped":
    case "starting":
    case "stopping":
      return { to: "wake", ...found };
    case "failed":
      // The waiting page says why; nothing is tried again before somebody asks for it.
      if (ask === "navigation") return { to: "wake", ...found };
      return reject("session_not_running", failureSentence(role, sessions.failure(record)));
    case "deleting":
      return refuse(noSuchSession);
  }
}

const targetOf = (host: Extract<Host, { kind: "session" | "port" }>): Target =>
  host.kind === "port" ? { kind: "port", port: host.port } : { kind: "opencode" };

const ownOrigin = ({ headers }: Asked, { urls }: DispatchContext["config"]): string =>
  `${urls.proto}://${(headers.host ?? "").toLowerCase()}`;
