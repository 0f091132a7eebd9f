import type { Email } from "../contracts/email.ts";
import { isGitHubToken } from "../contracts/github-token.ts";
import { FanOut } from "../lib/fan-out.ts";
import type { Secret } from "../lib/secret.ts";

/** The tokens for GitHub that sign-ins gave: of each person the latest, in memory only. */
export class GitHubTokens {
  /** Somebody's token is another one now. */
  readonly changes = new FanOut<Email>();
  readonly #latest = new Map<Email, Secret>();

  of(owner: Email): Secret | null {
    return this.#latest.get(owner) ?? null;
  }

  /** Takes what a sign-in brought along; what cannot be a token is left out. */
  remember(owner: Email, token: Secret): void {
    const text = token.reveal();
    if (!isGitHubToken(text) || this.#latest.get(owner)?.equals(text)) return;
    this.#latest.set(owner, token);
    this.changes.publish(owner);
  }
}
