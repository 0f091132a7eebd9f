import { isSessionHash, type SessionHash } from "../contracts/session-hash.ts";
import { Secret } from "../lib/secret.ts";
import type { SessionSpec } from "../runtimes/runtime.ts";
import type { SessionRecord } from "./store.ts";

/** The credentials of sessions. All are derived, so that none is stored and every restart knows them at once. */
export class SessionKeys {
  readonly #secret: Secret;

  constructor(tokenSecret: Secret) {
    this.#secret = tokenSecret;
  }

  /** What router and sessiond present to each other. */
  sessionKey(hash: SessionHash): Secret {
    return this.#secret.derive("session", hash);
  }

  /** `<hash>.<43 characters base64url>`; another nonce makes another password. */
  attachPassword({ hash, attachNonce }: Pick<SessionRecord, "hash" | "attachNonce">): Secret {
    return new Secret(`${hash}.${this.#secret.derive("attach", hash, attachNonce).reveal()}`);
  }

  spec(record: SessionRecord, owned: Pick<SessionSpec, "secrets" | "githubToken">): SessionSpec {
    const { hash, owner, repoUrl, branch, sourceBranch } = record;
    const initialMessage = record.initialMessageDone ? null : record.initialMessage;
    return { hash, owner, repoUrl, branch, sourceBranch, initialMessage, sessionKey: this.sessionKey(hash), ...owned };
  }
}

/** The session that a password names, before anybody knows whether it is right. */
export function hashOfPassword(password: string): SessionHash | undefined {
  const [hash = "", key] = password.split(".", 2);
  return key !== undefined && isSessionHash(hash) ? hash : undefined;
}
