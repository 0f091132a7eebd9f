import { z } from "zod";
import { SHARE_LEVELS } from "./share.ts";

export const SESSION_STATES = ["starting", "running", "stopping", "stopped", "failed", "deleting"] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** What somebody wants a session to be. Stored; the observed state is moved towards it. */
export const DESIRED_STATES = ["running", "stopped", "deleted"] as const;
export type DesiredState = (typeof DESIRED_STATES)[number];

/** The stages of a start, in their order. */
export const START_STAGES = ["queued", "scheduling", "pulling", "configuring", "cloning", "booting", "ready"] as const;
export type StartStage = (typeof START_STAGES)[number];

/** Why a session is `failed`. Each comes with a sentence that says what to do. */
export const FAILURE_REASONS = [
  "image_pull",
  "config_failed",
  "clone_failed",
  "unschedulable",
  "volume",
  "disk_full",
  "agent_crashed",
  "sessiond_crashed",
  "timeout",
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

export interface Failure {
  readonly reason: FailureReason;
  /** A sentence for the person: what happened, and what to do about it. */
  readonly message: string;
}

/** What may be asked of a session in which state. Read by the API, the UI and the docs. */
export const SESSION_ACTIONS = {
  open: ["running"],
  resume: ["stopped", "failed", "stopping", "starting", "running"],
  stop: ["starting", "running", "stopping", "stopped", "failed"],
  keepalive: ["running"],
  delete: ["starting", "running", "stopping", "stopped", "failed", "deleting"],
} as const satisfies Record<string, readonly SessionState[]>;
export type SessionAction = keyof typeof SESSION_ACTIONS;

export const can = (action: SessionAction, state: SessionState): boolean =>
  (SESSION_ACTIONS[action] as readonly SessionState[]).includes(state);

export const Port = z.object({
  port: z.number().int().min(1).max(65535),
  process: z.string(),
  url: z.string(),
  /** Who may use it. */
  level: z.enum(SHARE_LEVELS),
  people: z.array(z.string()).optional(),
  expiresAt: z.iso.datetime().optional(),
});
export type Port = z.infer<typeof Port>;

export const Usage = z.object({
  inputTokens: z.number(),
  outputTokens: z.number(),
  costUsd: z.number(),
});
export type Usage = z.infer<typeof Usage>;

/** A session as the API tells it. All times ISO 8601 UTC. */
export const Session = z.object({
  hash: z.string(),
  owner: z.string(),
  repoUrl: z.string().nullable(),
  branch: z.string().nullable(),
  sourceBranch: z.string().nullable(),
  state: z.enum(SESSION_STATES),
  reason: z.enum(FAILURE_REASONS).optional(),
  message: z.string().optional(),
  progress: z.enum(START_STAGES).optional(),
  /** Deep link to a conversation that can be opened now, or null: never a guess. */
  url: z.string().nullable(),
  attachUrl: z.string(),
  ideUrl: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  createdAt: z.iso.datetime(),
  lastActivity: z.iso.datetime(),
  stopsAt: z.iso.datetime().optional(),
  keptBy: z.string().optional(),
  busy: z.boolean(),
  ports: z.array(Port),
  usage: Usage,
});
export type Session = z.infer<typeof Session>;

/** Body of `POST /api/sessions`. Repository URL and branches are checked further by `git-names.ts`. */
export const CreateSession = z
  .strictObject({
    repoUrl: z.string().trim().max(2048).optional(),
    branch: z.string().trim().max(255).optional(),
    sourceBranch: z.string().trim().max(255).optional(),
    initialMessage: z
      .string()
      .max(512 * 1024)
      .optional(),
  })
  .meta({ id: "CreateSession" });
export type CreateSession = z.infer<typeof CreateSession>;
