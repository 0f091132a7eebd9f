import type { Email } from "../contracts/email.ts";
import { problem, type Problem } from "../contracts/problem.ts";
import type { SessionHash } from "../contracts/session-hash.ts";

const MAX_PER_SESSION = 512;
const MAX_PER_PERSON = 2_048;

/** Whom an open request, event stream or socket is counted for. */
export interface StreamOf {
  readonly session?: SessionHash | undefined;
  readonly person?: Email | undefined;
}

/** Counts what is open at once, so that one session or one person cannot take everybody's descriptors. */
export class OpenStreams {
  readonly #open = new Map<string, number>();

  /** Why one more is too many; undefined when it is not. */
  refusal({ session, person }: StreamOf): Problem | undefined {
    if (session && this.#count(session) >= MAX_PER_SESSION) return tooMany(`of this session`, MAX_PER_SESSION);
    if (person && this.#count(person) >= MAX_PER_PERSON) return tooMany("of yours", MAX_PER_PERSON);
    return undefined;
  }

  /** Counts one; call the result when it has ended. */
  opened({ session, person }: StreamOf): () => void {
    const keys = [session, person].filter((key) => key !== undefined);
    for (const key of keys) this.#open.set(key, this.#count(key) + 1);
    return () => {
      for (const key of keys) {
        const left = this.#count(key) - 1;
        if (left > 0) this.#open.set(key, left);
        else this.#open.delete(key);
      }
    };
  }

  #count(key: string): number {
    return this.#open.get(key) ?? 0;
  }
}

const tooMany = (whose: string, limit: number): Problem =>
  problem("too_many_requests", `${limit} requests, event streams and sockets ${whose} are open. Close some first.`);
