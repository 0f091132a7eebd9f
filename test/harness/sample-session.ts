import type { Email } from "../../src/contracts/email.ts";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import type { SessionRecord } from "../../src/sessions/store.ts";

/** A stored session with some value in every field that has one from the start. */
export const sampleSession = (overrides: Partial<SessionRecord> = {}): SessionRecord => ({
  hash: "0123456789ab" as SessionHash,
  owner: "alice@example.org" as Email,
  repoUrl: "https://git.example.org/team/app.git",
  branch: "brave-otter",
  sourceBranch: "main",
  initialMessage: "Fix the\nfirst bug",
  initialMessageDone: false,
  desired: "running",
  failure: null,
  failedStarts: 0,
  title: null,
  description: null,
  conversation: null,
  attachNonce: "nonce",
  createdAt: 1_790_000_000_123,
  lastActivity: 1_790_000_000_456,
  home: null,
  seen: null,
  ...overrides,
});
