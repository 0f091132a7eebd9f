import type { Email } from "../contracts/email.ts";
import type { DesiredState, Failure } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { ShareLevel } from "../contracts/share.ts";
import type { Conversation, ProgressMessage, SessiondStatus } from "../contracts/status.ts";
import type { Observed } from "../runtimes/runtime.ts";

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
  /** The router that runs the session; null: whichever. See docs/decisions/0007-homes.md. */
  readonly home: string | null;
  /** What its home saw of it last, for the other routers. */
  readonly seen: Sighting | null;
}

/** What of a session's report people see. */
export interface ShownReport {
  readonly status: Pick<SessiondStatus, "readyAt" | "busy" | "ports">;
  readonly conversation: Pick<Conversation, "id" | "directory"> | null;
}

/** A session as it really is at one moment. */
export interface Sighting {
  readonly observed: Observed;
  /** What sessiond said last, if it runs. */
  readonly report: ShownReport | null;
}

export type SessionPatch = Partial<
  Omit<SessionRecord, "hash" | "owner" | "repoUrl" | "branch" | "sourceBranch" | "createdAt" | "home">
>;

export interface SessionRepository {
  all(): Promise<SessionRecord[]>;
  get(hash: SessionHash): Promise<SessionRecord | undefined>;
  /** @returns false when a session of this hash exists; that one is left as it is. */
  insert(record: SessionRecord): Promise<boolean>;
  /** @returns the record after the change, or undefined when there is no such session. */
  update(hash: SessionHash, patch: SessionPatch): Promise<SessionRecord | undefined>;
  /** Makes a router the home of every session that has none. */
  claim(home: string): Promise<void>;
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
  /** Takes the place of what was stored of this port; of a session that is gone nothing is stored. */
  put(record: ShareRecord): Promise<void>;
  remove(hash: SessionHash, port: number): Promise<void>;
}

/** Tables whose changes routers on one database tell each other, and what the key of a change in each is. */
export interface AnnouncedKeys {
  /** The session's hash. */
  sessions: SessionHash;
  messages: SessionHash;
  port_shares: SessionHash;
  /** The token's id. */
  tokens: string;
  /** The owner. */
  user_secrets: string;
}
export type AnnouncedTable = keyof AnnouncedKeys;

/** A row of a table is new, different or gone. Without a key: any of them may be. */
export interface StoreChange {
  readonly table: AnnouncedTable;
  readonly key?: string;
}

export interface Store {
  /** What other routers on the same database wrote. One's own writes are not among it. */
  readonly changes: { subscribe(listener: (change: StoreChange) => void): Disposable };
  readonly sessions: SessionRepository;
  readonly messages: MessageRepository;
  readonly shares: ShareRepository;
  /** @throws when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
