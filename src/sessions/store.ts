import type { Email } from "../contracts/email.ts";
import type { DesiredState, Failure } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { ShareLevel } from "../contracts/share.ts";
import type { ProgressMessage } from "../contracts/status.ts";

/** What is stored of a session. Times in milliseconds since the epoch. */
export interface SessionRecord {
  readonly hash: SessionHash;
  readonly owner: Email;
  readonly repoUrl: string | null;
  readonly branch: string | null;
  readonly sourceBranch: string | null;
  readonly initialMessage: string | null;
  /** True once sessiond reported that `initialMessage` needs nothing more. */
  readonly initialMessageDone: boolean;
  readonly desired: DesiredState;
  /** Why the last start failed and is not tried again by itself; null when nothing failed. */
  readonly failure: Failure | null;
  /** Failed starts in a row. */
  readonly failedStarts: number;
  readonly title: string | null;
  readonly description: string | null;
  /** The conversation that the deep link opens. */
  readonly conversation: { readonly id: string; readonly directory: string } | null;
  /** Random text from which the attach password is derived; a new one is a new password. */
  readonly attachNonce: string;
  readonly createdAt: number;
  readonly lastActivity: number;
}

export type SessionPatch = Partial<
  Omit<SessionRecord, "hash" | "owner" | "repoUrl" | "branch" | "sourceBranch" | "createdAt">
>;

export interface SessionRepository {
  all(): Promise<SessionRecord[]>;
  get(hash: SessionHash): Promise<SessionRecord | undefined>;
  /** @returns false when a session of this hash exists; that one is left as it is. */
  insert(record: SessionRecord): Promise<boolean>;
  /** @returns the record after the change, or undefined when there is no such session. */
  update(hash: SessionHash, patch: SessionPatch): Promise<SessionRecord | undefined>;
  /** Removes the session with its messages and shares. */
  remove(hash: SessionHash): Promise<void>;
}

export interface MessageRepository {
  /** The last messages of a session, oldest first. */
  list(hash: SessionHash): Promise<ProgressMessage[]>;
  /** Replaces the messages of a session by these. */
  replace(hash: SessionHash, messages: readonly ProgressMessage[]): Promise<void>;
}

/** A port that its owner shares. */
export interface ShareRecord {
  readonly hash: SessionHash;
  readonly port: number;
  readonly level: ShareLevel;
  readonly people: readonly Email[];
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | null;
}

export interface ShareRepository {
  all(): Promise<ShareRecord[]>;
  of(hash: SessionHash): Promise<ShareRecord[]>;
  /** Takes the place of what was stored of this port. */
  put(record: ShareRecord): Promise<void>;
  remove(hash: SessionHash, port: number): Promise<void>;
}

export interface Store {
  readonly sessions: SessionRepository;
  readonly messages: MessageRepository;
  readonly shares: ShareRepository;
  /** @throws when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
