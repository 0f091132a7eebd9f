import type { AuditAction } from "../../contracts/audit.ts";
import type { Email } from "../../contracts/email.ts";
import type { Deed } from "../../people/audit.ts";

/** The audit entry of what somebody did to a session; an admin's deed on another's session says whose it is. */
export function sessionDeed(
  actor: Email,
  { hash, owner }: { readonly hash: string; readonly owner: string },
  { action, detail }: { readonly action: AuditAction & `session.${string}`; readonly detail?: string },
): Deed {
  const details = [owner === actor ? undefined : `session of ${owner}`, detail].filter((text) => text !== undefined);
  return { actor, action, subject: hash, ...(details.length > 0 ? { detail: details.join("; ") } : {}) };
}
