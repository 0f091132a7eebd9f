import type { AuditAction } from "../contracts/audit.ts";
import type { Email } from "../contracts/email.ts";
import type { Scope } from "../contracts/token.ts";

/** What is stored of a personal access token. Times in milliseconds since the epoch. */
export interface TokenRecord {
  readonly id: string;
  /** SHA-256 of the token as base64url: the token itself is nowhere. */
  readonly hash: string;
  readonly owner: Email;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

export interface TokenRepository {
  /** One person's tokens, newest first. */
  ofOwner(owner: Email): Promise<TokenRecord[]>;
  byHash(hash: string): Promise<TokenRecord | undefined>;
  insert(record: TokenRecord): Promise<void>;
  /** Notes a use; never moves it back. */
  used(id: string, at: number): Promise<void>;
  /** @returns the removed token, or undefined when this person has none of this id. */
  remove(owner: Email, id: string): Promise<TokenRecord | undefined>;
}

/** What is stored of a secret: encrypted, see `seal.ts`. */
export interface SecretRecord {
  readonly owner: Email;
  readonly name: string;
  readonly sealed: string;
  readonly updatedAt: number;
}

export interface UserSecretRepository {
  /** One person's secrets, by name. */
  ofOwner(owner: Email): Promise<SecretRecord[]>;
  /** Makes it or replaces it. */
  put(record: SecretRecord): Promise<void>;
  /** @returns false when there is none of this name. */
  remove(owner: Email, name: string): Promise<boolean>;
}

/** One thing that somebody did. */
export interface AuditRecord {
  /** Fixed in length; its order is the order in time. */
  readonly id: string;
  readonly at: number;
  readonly actor: Email;
  readonly action: AuditAction;
  readonly subject: string;
  readonly detail: string | null;
}

export interface AuditRepository {
  add(record: AuditRecord): Promise<void>;
  /** The newest `limit` before the entry with the id `before`, newest first. */
  page(options: { readonly limit: number; readonly before?: string | undefined }): Promise<AuditRecord[]>;
  /** Removes what is older than `before`, and of the rest all but the newest `keep`. */
  prune(options: { readonly before: number; readonly keep: number }): Promise<void>;
}

/** What is stored of people, without their sessions. */
export interface PeopleStore {
  readonly tokens: TokenRepository;
  readonly userSecrets: UserSecretRepository;
  readonly audit: AuditRepository;
}
