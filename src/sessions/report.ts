import { explainAgentCrash } from "../contracts/agent-crash.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { SessionReport } from "../contracts/status.ts";
import type { Secret } from "../lib/secret.ts";
import type { SessionPatch, SessionRecord } from "./store.ts";

/** Asks a session's sessiond for its report. */
export type ReportSource = (hash: SessionHash, key: Secret) => Promise<SessionReport>;

/** What of a report has to be stored, or undefined when nothing is different. */
export function absorbReport(record: SessionRecord, report: SessionReport): SessionPatch | undefined {
  const { conversation, status } = report;
  const patch: { -readonly [K in keyof SessionPatch]: SessionPatch[K] } = {};
  if (report.initialMessageDone && !record.initialMessageDone) patch.initialMessageDone = true;
  if (
    conversation &&
    (conversation.id !== record.conversation?.id || conversation.directory !== record.conversation.directory)
  )
    patch.conversation = { id: conversation.id, directory: conversation.directory };
  const title = conversation && givenTitle(conversation.title);
  if (conversation && title !== record.title) patch.title = title;
  if (status.opencode.state === "error" && record.desired === "running" && !record.failure)
    patch.failure = explainAgentCrash(status.opencode.lastCrash);
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/** opencode calls a conversation "New session - <time>" until it has found a title: that tells people nothing. */
const givenTitle = (title: string): string | null =>
  title === "" || /^New session - \d{4}-\d\d-\d\dT/.test(title) ? null : title;
