import type { Email } from "../../contracts/email.ts";
import type { Secret } from "../../lib/secret.ts";
import type { Principal } from "../auth/identify.ts";

/** Gives the token for GitHub that a person has kept as their own secret, if there is one. */
export type FallbackToken = (email: Email) => Promise<Secret | undefined>;

/** The name of that secret. */
export const GITHUB_TOKEN_SECRET = "GITHUB_TOKEN";

/** The token of the sign-in, which is always fresh, or the one that the person has kept. */
export const githubTokenOf = async (
  { githubToken, email }: Principal,
  fallbackToken: FallbackToken,
): Promise<Secret | undefined> => githubToken ?? (await fallbackToken(email));
