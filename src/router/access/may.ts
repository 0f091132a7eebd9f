import { problem, type Problem } from "../../contracts/problem.ts";
import type { Failure } from "../../contracts/session.ts";
import type { Scope } from "../../contracts/token.ts";
import type { Email } from "../../contracts/email.ts";
import type { Share } from "../../sessions/shares.ts";
import type { Principal } from "../auth/identify.ts";
import { PORT_HOSTS, type ApiEntrance, type Role, type Row } from "./table.ts";

/** Whose a thing is, and who else is named for it. */
export interface Subject {
  readonly owner: Email;
  readonly named?: readonly Email[];
}

/** The one role that decides: the nearest to the thing that the caller has. */
export function roleOf(principal: Principal | undefined, subject?: Subject): Role {
  if (!principal) return "anonymous";
  if (subject?.owner === principal.email) return "owner";
  if (subject?.named?.includes(principal.email)) return "named";
  return principal.admin ? "admin" : "signedIn";
}

/** @returns why not, or undefined when the row allows it. */
export function refusal(row: Row, role: Role): Problem | undefined {
  switch (row[role]) {
    case "allow":
      return undefined;
    case 401:
      return problem("unauthenticated", "Sign in to use this.");
    case 403:
      return problem("forbidden", "This belongs to somebody else, or only administrators may do it.");
    case 404:
      return noSuchSession;
  }
}

/** The same for a route of the API, where a personal access token may allow less than its owner may do. */
export function apiRefusal({ row, scope }: ApiEntrance, role: Role, principal: Principal): Problem | undefined {
  const { scopes } = principal;
  if (scopes !== "all" && !(scope && covers(scopes, scope)))
    return problem(
      "forbidden",
      scope ? `The access token lacks the scope "${scope}".` : "Sign in for this: an access token cannot do it.",
    );
  return refusal(row, role);
}

/** May they still use a port that they were let into, as it is shared now? */
export const mayUsePort = (share: Share, owner: Email, principal: Principal | undefined): boolean =>
  !refusal(PORT_HOSTS[share.level], roleOf(principal, { owner, named: share.people }));

/** Why a session has failed is its owner's business: the sentence may name the repository. */
export const failureSentence = (role: Role, failure: Failure | undefined): string =>
  (role === "owner" ? failure?.message : undefined) ?? "The session has failed. Its owner can try again.";

/** Who may change sessions may see them. */
const covers = (scopes: readonly Scope[], wanted: Scope): boolean =>
  scopes.includes(wanted) || (wanted === "read" && scopes.includes("sessions"));

export const noSuchSession = problem("not_found", "There is no such session.");
