import { ATTACH_PASSWORD_HEADER, COOKIE_PREFIX, RESERVED_HEADERS, TOKEN_PREFIX } from "../../contracts/names.ts";
import type { Target, ToSession } from "../dispatch.ts";
import { devOrigin, publicLocation, type PublicAddress } from "./dev-origin.ts";

/** Headers as Node's `rawHeaders`: name, value, name, value … in their order, duplicates kept. */
export type RawHeaders = readonly string[];

/** RFC 9110 7.6.1, and `Expect`, which the router has answered itself. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

/** What a session must never see, and what a client must not say in the router's name. */
const NEVER_FORWARDED = new Set([
  ...RESERVED_HEADERS,
  ATTACH_PASSWORD_HEADER,
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-forwarded-server",
  "forwarded",
]);

export interface RequestRewrite {
  readonly method: string;
  readonly rawHeaders: RawHeaders;
  readonly target: Target;
  readonly entrance: "public" | "attach";
  /** What opencode is shown in place of the client's `Authorization`. */
  readonly opencodeAuthorization: string;
  readonly forwarded: PublicAddress & { readonly for: string };
  readonly ssoCookieName: string;
  readonly upgrade: boolean;
}

/** The headers of the request towards the session. */
export function requestHeaders(rewrite: RequestRewrite): string[] {
  const dropped = connectionTokens(rewrite.rawHeaders);
  const headers: string[] = [];
  let framed = false;
  const { rawHeaders } = rewrite;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name, value] = [rawHeaders[i]!, rawHeaders[i + 1]!];
    const lower = name.toLowerCase();
    const plain = lower.includes("_") ? lower.replaceAll("_", "-") : lower;
    if (plain === "transfer-encoding" || plain === "content-length") {
      // With an underscore it frames nothing here, but might behind a gateway that knows no difference.
      if (name.includes("_")) continue;
      framed = true;
      // Chunks are made anew by what sends them.
      if (plain === "content-length") headers.push(name, value);
    } else if (!HOP_BY_HOP.has(plain) && !dropped.has(plain) && !isOurs(plain)) {
      const kept = rewriteRequestHeader(plain, value, rewrite);
      if (kept !== undefined) headers.push(name, kept);
    }
  }
  // A body-less POST without a length would be sent in chunks.
  if (!framed && !rewrite.upgrade && !["GET", "HEAD", "OPTIONS", "DELETE", "TRACE"].includes(rewrite.method))
    headers.push("Content-Length", "0");
  const { for: client, host, proto } = rewrite.forwarded;
  headers.push("X-Forwarded-For", client, "X-Forwarded-Host", host, "X-Forwarded-Proto", proto);
  if (rewrite.target.kind === "opencode") headers.push("Authorization", rewrite.opencodeAuthorization);
  if (rewrite.upgrade) headers.push("Connection", "Upgrade", "Upgrade", "websocket");
  return headers;
}

const isOurs = (plain: string): boolean => NEVER_FORWARDED.has(plain) || plain.startsWith("x-auth-request-");

function rewriteRequestHeader(plain: string, value: string, rewrite: RequestRewrite): string | undefined {
  const { target, entrance, ssoCookieName, forwarded, upgrade } = rewrite;
  switch (plain) {
    case "authorization":
      return target.kind === "opencode" || entrance === "attach" || isOurToken(value) ? undefined : value;
    case "cookie":
      return withoutCookies(value, ssoCookieName);
    case "host":
      // Dev servers refuse unknown hosts; they learn the public one from X-Forwarded-Host.
      return target.kind === "port" ? `localhost:${target.port}` : value;
    case "origin":
      return target.kind === "port" ? devOrigin(value, { port: target.port, at: forwarded, upgrade }) : value;
    default:
      return value;
  }
}

/** A personal access token, or a session's password sent to the wrong host: neither is the dev server's business. */
const isOurToken = (authorization: string): boolean => {
  const [scheme = "", credentials = ""] = authorization.split(/\s+/, 2);
  if (scheme.toLowerCase() === "bearer") return credentials.startsWith(TOKEN_PREFIX);
  if (scheme.toLowerCase() !== "basic") return false;
  return /:[0-9a-f]{12}\.[\w-]{43}$/.test(Buffer.from(credentials, "base64").toString("utf8"));
};

/** @returns undefined when no cookie is left. */
function withoutCookies(value: string, ssoCookieName: string): string | undefined {
  const sso = ssoCookieName.toLowerCase();
  const kept = value.split(";").filter((pair) => {
    const name = (pair.split("=", 1)[0] ?? "").trim().toLowerCase();
    return name !== sso && !name.startsWith(`${sso}_`) && !name.startsWith(COOKIE_PREFIX);
  });
  const cookies = kept.join(";").trim();
  return cookies === "" ? undefined : cookies;
}

export interface ResponseRewrite {
  readonly rawHeaders: RawHeaders;
  readonly target: Target;
  readonly at: PublicAddress;
  readonly noReferrer: boolean;
}

/** The headers of the answer towards the client. */
export function responseHeaders({ rawHeaders, target, at, noReferrer }: ResponseRewrite): string[] {
  const dropped = connectionTokens(rawHeaders);
  const headers: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name, value] = [rawHeaders[i]!, rawHeaders[i + 1]!];
    const plain = name.toLowerCase();
    if (HOP_BY_HOP.has(plain) || dropped.has(plain)) continue;
    if (target.kind === "opencode" && plain.startsWith("access-control-allow-")) continue;
    if (noReferrer && plain === "referrer-policy") continue;
    if (plain === "set-cookie") headers.push(name, hostOnly(value));
    else headers.push(name, plain === "location" && target.kind === "port" ? publicLocation(value, at) : value);
  }
  if (noReferrer) headers.push("Referrer-Policy", "no-referrer");
  // A neighbour's page must not lay the agent's pages under its own: a second policy only ever forbids more.
  if (target.kind === "opencode") headers.push("Content-Security-Policy", "frame-ancestors 'self'");
  return headers;
}

/** The headers of a session's answer to a request that came in by a route, at an address. */
export const answerHeaders = (
  { rawHeaders }: { readonly rawHeaders: RawHeaders },
  { target, noReferrer }: Pick<ToSession, "target" | "noReferrer">,
  at: PublicAddress,
): string[] => responseHeaders({ rawHeaders, target, noReferrer, at });

/** The cookie without a `Domain`, so that no neighbour's host gets it. */
const hostOnly = (cookie: string): string =>
  cookie
    .split(";")
    .filter((attribute, index) => index === 0 || !/^\s*domain\s*(=|$)/i.test(attribute))
    .join(";");

const NO_TOKENS: ReadonlySet<string> = new Set();

function connectionTokens(rawHeaders: RawHeaders): ReadonlySet<string> {
  let tokens: Set<string> | undefined;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() !== "connection") continue;
    tokens ??= new Set();
    for (const token of rawHeaders[i + 1]!.split(",")) tokens.add(token.trim().toLowerCase());
  }
  // Without it the request would be none.
  tokens?.delete("host");
  return tokens ?? NO_TOKENS;
}
