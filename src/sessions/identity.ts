import { createHmac, randomBytes } from "node:crypto";
import type { Email } from "../contracts/email.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { Secret } from "../lib/secret.ts";

export interface Identity {
  readonly owner: Email;
  readonly repoUrl: string;
  readonly branch: string;
}

/** The name of the session of one owner, repository and branch: the same each time. */
export function sessionHash(secret: Secret, { owner, repoUrl, branch }: Identity): SessionHash {
  const text = [owner, repoUrl.trim(), branch.trim()].join("\n");
  return createHmac("sha256", secret.reveal()).update(text).digest("hex").slice(0, 12) as SessionHash;
}

/** The name of a session without a repository. */
export const randomHash = (): SessionHash => randomBytes(6).toString("hex") as SessionHash;
