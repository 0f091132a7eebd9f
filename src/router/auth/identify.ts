import type { IncomingHttpHeaders } from "node:http";
import { parseEmail, type Email } from "../../contracts/email.ts";
import { EDGE_SECRET_HEADER, IDENTITY_HEADERS } from "../../contracts/names.ts";
import type { AuthConfig, Config } from "../config.ts";

/** Who is asking, on the public listener. */
export interface Principal {
  readonly email: Email;
  readonly name: string | undefined;
  readonly admin: boolean;
}

type Admins = Config["admins"];

/** @returns undefined when nobody is signed in, or when the request did not come through the edge. */
export function identify(headers: IncomingHttpHeaders, auth: AuthConfig, admins: Admins): Principal | undefined {
  if (auth.mode === "local") return { email: auth.email, name: undefined, admin: true };
  const edgeSecret = single(headers[EDGE_SECRET_HEADER]);
  if (edgeSecret === undefined || !auth.edgeSecrets.some((secret) => secret.equals(edgeSecret))) return undefined;
  const email = parseEmail(single(headers[IDENTITY_HEADERS.email]) ?? "");
  if (email === undefined) return undefined;
  const groups = (single(headers[IDENTITY_HEADERS.groups]) ?? "").split(",").map((group) => group.trim());
  const name = single(headers[IDENTITY_HEADERS.preferredUsername]) ?? single(headers[IDENTITY_HEADERS.user]);
  const admin = admins.emails.includes(email) || groups.some((group) => admins.groups.includes(group));
  return { email, name, admin };
}

/** A header that came once; Node joins repeated ones with a comma, which no e-mail or secret of ours contains. */
const single = (value: string | string[] | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
