/**
 * The tables, in types that SQLite and PostgreSQL both have: text ids, integer milliseconds, integer booleans, JSON as text.
 * Made and changed by `migrations.ts` only.
 */
export interface Tables {
  sessions: SessionRow;
  messages: MessageRow;
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
