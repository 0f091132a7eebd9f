import { z } from "zod";

/** What people do that is recorded. */
export const AUDIT_ACTIONS = [
  "session.created",
  "session.resumed",
  "session.stopped",
  "session.deleted",
  "session.attach_password_rotated",
  "session.port_shared",
  "token.created",
  "token.revoked",
  "secret.set",
  "secret.removed",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** One line of the record of who did what when. */
export const AuditEntry = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    /** E-mail address of who did it. */
    actor: z.string(),
    action: z.enum(AUDIT_ACTIONS),
    /** What it was done to: a session's hash, a token's id, a secret's name. */
    subject: z.string(),
    detail: z.string().optional(),
  })
  .meta({ id: "AuditEntry" });
export type AuditEntry = z.infer<typeof AuditEntry>;
