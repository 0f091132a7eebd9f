import { GITHUB_TOKEN_PATH } from "../contracts/github-token.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import { KeyedQueue } from "../lib/keyed-queue.ts";
import type { Log } from "../lib/log.ts";
import type { Secret } from "../lib/secret.ts";
import type { GitHubTokens } from "../people/github-tokens.ts";
import type { KnownSessions } from "../sessions/known.ts";
import { askSessiond, type Connect } from "./ask-sessiond.ts";

export interface GiveTokensParts {
  readonly tokens: Pick<GitHubTokens, "of" | "changes">;
  readonly known: Pick<KnownSessions, "changes" | "get" | "isHere" | "running" | "state">;
  readonly give: (hash: SessionHash, token: Secret) => Promise<unknown>;
  readonly log: Log;
}

/** Gives each session that runs here the latest token for GitHub of its owner's sign-in, from now on. */
export function giveTokens({ tokens, known, give, log }: GiveTokensParts): void {
  const given = new Map<SessionHash, Secret>();
  const queue = new KeyedQueue();
  const look = (hash: SessionHash): void => {
    const record = known.get(hash);
    if (!record || !known.isHere(record) || known.state(record) !== "running") return void given.delete(hash);
    const token = tokens.of(record.owner);
    if (token === null || given.get(hash) === token) return;
    // Once, whether or not it is taken: the next token, or the next start, is the next try.
    given.set(hash, token);
    void queue.run(hash, () =>
      give(hash, token).catch((cause: unknown) => log.warn({ hash, err: cause }, "session.github-token-not-taken")),
    );
  };
  tokens.changes.subscribe(() => {
    for (const { hash } of known.running()) look(hash);
  });
  // A session has a first token from its start; but it may be another one by the time that it runs.
  known.changes.subscribe(look);
}

interface SessionKeyring {
  sessionKey(hash: SessionHash): Secret;
}

/** Replaces the token that sessiond tells git. */
export const tokenPutter =
  (connect: Connect, keys: SessionKeyring): GiveTokensParts["give"] =>
  (hash, token) =>
    askSessiond(connect, {
      hash,
      sessionKey: keys.sessionKey(hash),
      method: "PUT",
      path: GITHUB_TOKEN_PATH,
      body: { token: token.reveal() },
    });
