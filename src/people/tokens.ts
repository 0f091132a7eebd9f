import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { Email } from "../contracts/email.ts";
import { TOKEN_PREFIX } from "../contracts/names.ts";
import { ProblemError } from "../contracts/problem.ts";
import type { CreateToken, NewToken, Scope, Token } from "../contracts/token.ts";
import type { Clock } from "../lib/clock.ts";
import { KeyedQueue } from "../lib/keyed-queue.ts";
import type { Log } from "../lib/log.ts";
import type { TokenRecord, TokenRepository } from "./store.ts";

const MAX_PER_PERSON = 50;
const SECRET_BYTES = 32;
const MINUTE_MS = 60_000;
/** The prefix and 32 bytes as base64url: nothing else is worth a look at the database. */
const SHAPE = new RegExp(`^${TOKEN_PREFIX}[A-Za-z0-9_-]{43}$`);

export interface TokensParts {
  readonly repository: TokenRepository;
  readonly clock: Clock;
  readonly log: Log;
}

/** Whom a token stands for, and what it may be used for. */
export interface TokenBearer {
  readonly id: string;
  readonly owner: Email;
  readonly scopes: readonly Scope[];
}

/**
 * Personal access tokens. Nothing of them is kept in memory, so that a revocation counts at once, at every router: `/api`
 * can afford one indexed read.
 */
export class Tokens {
  readonly #parts: TokensParts;
  readonly #perOwner = new KeyedQueue();

  constructor(parts: TokensParts) {
    this.#parts = parts;
  }

  /** @returns undefined for what is not a token of ours, or not any more: revoked or expired. */
  async find(token: string): Promise<TokenBearer | undefined> {
    if (!SHAPE.test(token)) return undefined;
    const record = await this.#parts.repository.byHash(hashOf(token));
    if (!record) return undefined;
    const { id, owner, scopes, expiresAt } = record;
    const now = this.#parts.clock.now();
    if (expiresAt !== null && expiresAt <= now) return undefined;
    await this.#noteUse(record, now);
    return { id, owner, scopes };
  }

  /** One person's tokens, newest first, also those that have expired. */
  async list(owner: Email): Promise<Token[]> {
    return (await this.#parts.repository.ofOwner(owner)).map(viewToken);
  }

  /** @throws ProblemError when it cannot be made; the caller has checked that `admin` is asked for by an admin. */
  async create(owner: Email, { name, scopes, expiresAt }: CreateToken): Promise<NewToken> {
    const createdAt = this.#parts.clock.now();
    const until = typeof expiresAt === "string" ? Date.parse(expiresAt) : null;
    if (until !== null && until <= createdAt)
      throw new ProblemError("invalid_request", "expiresAt: the time is in the past. Choose one in the future.");
    const token = TOKEN_PREFIX + randomBytes(SECRET_BYTES).toString("base64url");
    const own = { id: randomUUID(), hash: hashOf(token), owner };
    const record = { ...own, name, scopes, createdAt, expiresAt: until, lastUsedAt: null };
    // One at a time per person: each counts those before it.
    await this.#perOwner.run(owner, async () => {
      const { length } = await this.#parts.repository.ofOwner(owner);
      if (length >= MAX_PER_PERSON) throw new ProblemError("limit_reached", LIMIT_SENTENCE);
      await this.#parts.repository.insert(record);
    });
    return { ...viewToken(record), token };
  }

  /** It is worth nothing from now on. @returns what it was, or undefined when this person has no such token. */
  async revoke(owner: Email, id: string): Promise<Token | undefined> {
    const record = await this.#parts.repository.remove(owner, id);
    return record && viewToken(record);
  }

  async #noteUse({ id, lastUsedAt }: TokenRecord, now: number): Promise<void> {
    if (lastUsedAt !== null && now - lastUsedAt < MINUTE_MS) return;
    await this.#parts.repository.used(id, now).catch((cause: unknown) => {
      // Knowing when it was used is not worth a refusal.
      this.#parts.log.warn({ id, err: cause }, "token.use-not-noted");
    });
  }
}

/**
 * SHA-256 without salt or stretching: the token has 256 random bits, so that there is nothing to guess from its hash, and
 * the hash finds the row by the index, whose timing tells at most of hashes.
 */
const hashOf = (token: string): string => createHash("sha256").update(token).digest("base64url");

const LIMIT_SENTENCE = `You have ${MAX_PER_PERSON} access tokens, which is the limit. Revoke one that you do not need.`;

const viewToken = ({ id, name, scopes, createdAt, expiresAt, lastUsedAt }: TokenRecord): Token => ({
  id,
  name,
  scopes: [...scopes],
  createdAt: new Date(createdAt).toISOString(),
  expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  lastUsedAt: lastUsedAt === null ? null : new Date(lastUsedAt).toISOString(),
});
