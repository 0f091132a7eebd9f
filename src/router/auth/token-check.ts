import { TOKEN_PREFIX } from "../../contracts/names.ts";
import { problem, type Problem } from "../../contracts/problem.ts";
import type { FailureLimit } from "./failure-limit.ts";
import type { TokenGrant } from "./identify.ts";

/** Finds what a token is good for; undefined: unknown, revoked or expired. */
export type FindToken = (token: string) => Promise<TokenGrant | undefined>;

/** The personal access token of an `Authorization` header, if it is one. */
export function bearerToken(authorization: string | undefined): string | undefined {
  const token = /^bearer\s+(\S+)$/i.exec(authorization ?? "")?.[1];
  return token?.startsWith(TOKEN_PREFIX) ? token : undefined;
}

/** Checks personal access tokens; whoever guesses is slowed down. */
export class TokenCheck {
  readonly #find: FindToken;
  readonly #failures: FailureLimit;

  constructor(find: FindToken, failures: FailureLimit) {
    this.#find = find;
    this.#failures = failures;
  }

  /** What the token allows, or why it allows nothing. `from` is the address of the client. */
  async check(token: string, from: string): Promise<TokenGrant | Problem> {
    const key = `${from} token`;
    if (this.#failures.retryAfterSeconds(key) > 0)
      return problem("too_many_requests", "Too many wrong access tokens. Wait a minute, then try again.");
    const grant = await this.#find(token);
    if (grant) return grant;
    this.#failures.failed(key);
    return problem("unauthenticated", "The access token is unknown, revoked or expired. Make a new one.");
  }
}
