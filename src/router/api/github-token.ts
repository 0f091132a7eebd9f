import type { Email } from "../../contracts/email.ts";
import { Secret } from "../../lib/secret.ts";
import type { Principal } from "../auth/identify.ts";

/** Gives the token for GitHub that a person has kept as their own secret, if there is one. */
export type FallbackToken = (email: Email) => Promise<Secret | undefined>;

/** The name of that secret. */
export const GITHUB_TOKEN_SECRET = "GITHUB_TOKEN";

/** The token of the sign-in, which is always fresh, or the one that the person has kept. */
export async function githubTokenOf(
  { githubToken, email }: Principal,
  fallbackToken: FallbackToken,
): Promise<Secret | undefined> {
  if (githubToken) return githubToken;
  const kept = await fallbackToken(email);
  // What is pasted often ends with a line break.
  return kept && new Secret(kept.reveal().trim());
}
