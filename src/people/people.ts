import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Secret } from "../lib/secret.ts";
import { Audit } from "./audit.ts";
import { GitHubTokens } from "./github-tokens.ts";
import { UserSecrets } from "./secrets.ts";
import type { PeopleStore } from "./store.ts";
import { Tokens } from "./tokens.ts";

export interface PeopleParts {
  readonly store: PeopleStore;
  readonly tokenSecret: Secret;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is kept of people besides their sessions. */
export interface People {
  readonly tokens: Tokens;
  readonly secrets: UserSecrets;
  readonly audit: Audit;
  readonly githubTokens: GitHubTokens;
}

export const openPeople = ({ store, tokenSecret, clock, log }: PeopleParts): People => ({
  tokens: new Tokens({ repository: store.tokens, clock, log }),
  secrets: new UserSecrets({ repository: store.userSecrets, tokenSecret, clock, log }),
  audit: new Audit({ repository: store.audit, clock, log }),
  githubTokens: new GitHubTokens(),
});
