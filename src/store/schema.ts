/**
 * The tables, in types that SQLite and PostgreSQL both have: text ids, integer milliseconds, integer booleans, JSON as text.
 * Made and changed by `migrations.ts` only.
 */
export interface Tables {
  sessions: SessionRow;
  messages: MessageRow;
  tokens: TokenRow;
  user_secrets: UserSecretRow;
  audit: AuditRow;
  port_shares: PortShareRow;
}

export interface SessionRow {
  hash: string;
  owner: string;
  repo_url: string | null;
  branch: string | null;
  source_branch: string | null;
  initial_message: string | null;
  initial_message_done: number;
  desired: string;
  /** JSON. */
  failure: string | null;
  failed_starts: number;
  title: string | null;
  description: string | null;
  /** JSON. */
  conversation: string | null;
  attach_nonce: string;
  created_at: number;
  last_activity: number;
  home: string | null;
  /** JSON. */
  seen: string | null;
}

export interface PortShareRow {
  session_hash: string;
  port: number;
  level: string;
  /** JSON: e-mail addresses. */
  people: string;
  expires_at: number | null;
}

export interface MessageRow {
  session_hash: string;
  /** Place among the messages of the session, from 0. */
  position: number;
  id: string;
  role: string;
  text: string;
  /** ISO 8601. */
  at: string;
}

export interface TokenRow {
  id: string;
  hash: string;
  owner: string;
  name: string;
  /** JSON. */
  scopes: string;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
}

export interface UserSecretRow {
  owner: string;
  name: string;
  /** Encrypted, base64url. */
  sealed: string;
  updated_at: number;
}

export interface AuditRow {
  /** Hexadecimal of fixed length, in the order of time in every collation. */
  id: string;
  at: number;
  actor: string;
  action: string;
  subject: string;
  detail: string | null;
}
