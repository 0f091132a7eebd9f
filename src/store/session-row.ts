import { z } from "zod";
import { parseEmail } from "../contracts/email.ts";
import { DESIRED_STATES, FAILURE_REASONS, START_STAGES } from "../contracts/session.ts";
import { SessionHash } from "../contracts/session-hash.ts";
import { Conversation, SessiondStatus } from "../contracts/status.ts";
import type { SessionPatch, SessionRecord } from "../sessions/store.ts";
import type { SessionRow } from "./schema.ts";
import { storable } from "./storable.ts";

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue("is not JSON");
    return z.NEVER;
  }
});

const Owner = z.string().transform((text, context) => {
  const email = parseEmail(text);
  if (!email) context.addIssue("is not an address");
  return email ?? z.NEVER;
});

const flag = z.union([z.literal(0), z.literal(1)]).transform((value) => value === 1);

const Failure = z.object({ reason: z.enum(FAILURE_REASONS), message: z.string() });
const StoredFailure = json.pipe(Failure);
const StoredSighting = json.pipe(
  z.object({
    observed: z.discriminatedUnion("phase", [
      z.object({ phase: z.literal("absent") }),
      z.object({ phase: z.literal("starting"), stage: z.enum(START_STAGES) }),
      z.object({ phase: z.literal("running") }),
      z.object({ phase: z.literal("stopping") }),
      z.object({ phase: z.literal("failed"), failure: Failure }),
    ]),
    report: z
      .object({
        status: SessiondStatus.pick({ readyAt: true, busy: true, ports: true }),
        conversation: Conversation.pick({ id: true, directory: true }).nullable(),
      })
      .nullable(),
  }),
);
const StoredConversation = json.pipe(z.object({ id: z.string(), directory: z.string() }));

const Stored = z
  .object({
    hash: SessionHash,
    owner: Owner,
    repo_url: z.string().nullable(),
    branch: z.string().nullable(),
    source_branch: z.string().nullable(),
    initial_message: z.string().nullable(),
    initial_message_done: flag,
    desired: z.enum(DESIRED_STATES),
    failure: StoredFailure.nullable(),
    failed_starts: z.int(),
    title: z.string().nullable(),
    description: z.string().nullable(),
    conversation: StoredConversation.nullable(),
    attach_nonce: z.string(),
    created_at: z.int(),
    last_activity: z.int(),
    home: z.string().nullable(),
    // Only shown, and written again soon: what another version of the router wrote is no reason to refuse the session.
    seen: StoredSighting.nullable().catch(null),
  })
  .transform((row): SessionRecord => ({
    hash: row.hash,
    owner: row.owner,
    repoUrl: row.repo_url,
    branch: row.branch,
    sourceBranch: row.source_branch,
    initialMessage: row.initial_message,
    initialMessageDone: row.initial_message_done,
    desired: row.desired,
    failure: row.failure,
    failedStarts: row.failed_starts,
    title: row.title,
    description: row.description,
    conversation: row.conversation,
    attachNonce: row.attach_nonce,
    createdAt: row.created_at,
    lastActivity: row.last_activity,
    home: row.home,
    seen: row.seen,
  }));

/** @throws when somebody else than the router has written to the row. */
export function fromRow(row: SessionRow): SessionRecord {
  const result = Stored.safeParse(row);
  if (result.success) return result.data;
  const columns = result.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("; ");
  throw new Error(`The stored session ${row.hash} cannot be read: ${columns}`);
}

export const toRow = (record: SessionRecord): SessionRow => ({
  hash: record.hash,
  owner: record.owner,
  repo_url: storable(record.repoUrl),
  branch: storable(record.branch),
  source_branch: storable(record.sourceBranch),
  created_at: record.createdAt,
  home: record.home,
  ...changeable(record),
});

type Changeable = Required<SessionPatch>;

const changeable = (record: Changeable) => ({
  initial_message: storable(record.initialMessage),
  initial_message_done: record.initialMessageDone ? 1 : 0,
  desired: record.desired,
  failure: toJson(record.failure),
  failed_starts: record.failedStarts,
  title: storable(record.title),
  description: storable(record.description),
  conversation: toJson(record.conversation),
  attach_nonce: record.attachNonce,
  last_activity: record.lastActivity,
  seen: toJson(record.seen),
});

const COLUMNS = {
  initialMessage: "initial_message",
  initialMessageDone: "initial_message_done",
  desired: "desired",
  failure: "failure",
  failedStarts: "failed_starts",
  title: "title",
  description: "description",
  conversation: "conversation",
  attachNonce: "attach_nonce",
  lastActivity: "last_activity",
  seen: "seen",
} as const satisfies Record<keyof Changeable, keyof SessionRow>;

/** The columns that a patch sets, and no others. */
export function toChanges(patch: SessionPatch): Partial<SessionRow> {
  const row = changeable(patch as Changeable);
  const keys = Object.keys(COLUMNS) as (keyof Changeable)[];
  const given = keys.filter((key) => patch[key] !== undefined).map((key) => COLUMNS[key]);
  return Object.fromEntries(given.map((column) => [column, row[column]]));
}

const toJson = (value: unknown): string | null =>
  value === null || value === undefined ? null : JSON.stringify(value);
