import type { IncomingHttpHeaders } from "node:http";
import { parseEmail, type Email } from "../../contracts/email.ts";
import { EDGE_SECRET_HEADER, IDENTITY_HEADERS } from "../../contracts/names.ts";
import type { Scope } from "../../contracts/token.ts";
import { Secret } from "../../lib/secret.ts";
import type { AuthConfig, Config } from "../config.ts";

/** Who is asking, on the public listener. */
export interface Principal {
  readonly email: Email;
  readonly name: string | undefined;
  readonly admin: boolean;
  /** What a personal access token allows; everything for somebody who signed in. */
  readonly scopes: readonly Scope[] | "all";
  /** The person's own token for GitHub, if the sign-in gave one. Never for a session. */
  readonly githubToken: Secret | undefined;
}

/** `outside`: the request did not come through the edge. `anonymous`: it did, and nobody is signed in. */
export type Caller = "outside" | "anonymous" | Principal;

type Admins = Config["admins"];

export function identify(headers: IncomingHttpHeaders, auth: AuthConfig, admins: Admins): Caller {
  if (auth.mode === "local") return person({ email: auth.email, admin: true });
  const edgeSecret = single(headers[EDGE_SECRET_HEADER]);
  if (edgeSecret === undefined || !auth.edgeSecrets.some((secret) => secret.equals(edgeSecret))) return "outside";
  const email = parseEmail(single(headers[IDENTITY_HEADERS.email]) ?? "");
  if (email === undefined) return "anonymous";
  const groups = (single(headers[IDENTITY_HEADERS.groups]) ?? "").split(",").map((group) => group.trim());
  const name = single(headers[IDENTITY_HEADERS.preferredUsername]) ?? single(headers[IDENTITY_HEADERS.user]);
  const admin = admins.emails.includes(email) || groups.some((group) => admins.groups.includes(group));
  const githubToken = single(headers[IDENTITY_HEADERS.accessToken]);
  return person({ email, name, admin, ...(githubToken ? { githubToken: new Secret(githubToken) } : {}) });
}

/** Somebody who shows a personal access token in place of a sign-in. */
export function tokenHolder(grant: TokenGrant, auth: AuthConfig, admins: Admins): Principal {
  const isAdmin = auth.mode === "local" ? grant.owner === auth.email : admins.emails.includes(grant.owner);
  const { owner: email, scopes } = grant;
  return person({ email, scopes, admin: isAdmin && scopes.includes("admin") });
}

/** What a valid personal access token says. */
export interface TokenGrant {
  readonly owner: Email;
  readonly scopes: readonly Scope[];
}

const person = (known: Pick<Principal, "email" | "admin"> & Partial<Principal>): Principal => ({
  name: undefined,
  scopes: "all",
  githubToken: undefined,
  ...known,
});

/** A header that came once; Node joins repeated ones with a comma, which no e-mail or secret of ours contains. */
const single = (value: string | string[] | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
