import { randomBytes } from "node:crypto";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import { Secret } from "../../src/lib/secret.ts";
import type { SessionSpec } from "../../src/runtimes/runtime.ts";

/** A blank project of Ann's, with a key of its own. */
export const sampleSpec = (hash: SessionHash, change: Partial<SessionSpec> = {}): SessionSpec => ({
  hash,
  owner: "ann@example.org",
  repoUrl: null,
  branch: null,
  sourceBranch: null,
  initialMessage: null,
  sessionKey: new Secret(randomBytes(32).toString("base64url")),
  secrets: {},
  githubToken: null,
  ...change,
});
