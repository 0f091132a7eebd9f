import { z } from "zod";

/** How a child of sessiond is doing. `error`: it crashed five times in a row and is not restarted by itself. */
export const CHILD_STATES = ["stopped", "starting", "running", "backoff", "error"] as const;

export const CRASH_CLASSES = ["oom", "plugin_error", "missing_dependency", "nonzero_exit", "unexpected_exit"] as const;
export type CrashClass = (typeof CRASH_CLASSES)[number];

export const Crash = z.object({
  at: z.iso.datetime(),
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  uptimeMs: z.number(),
  class: z.enum(CRASH_CLASSES),
  /** The last 50 lines that the process wrote. */
  tail: z.array(z.string()),
});
export type Crash = z.infer<typeof Crash>;

export const ListeningPort = z.object({
  port: z.number().int(),
  /** Name of the program that listens. */
  process: z.string(),
  /** The address that it listens on, e.g. `127.0.0.1`, `::1`, `0.0.0.0`. */
  address: z.string(),
});
export type ListeningPort = z.infer<typeof ListeningPort>;

/** `GET /status` of sessiond. */
export const SessiondStatus = z.object({
  version: z.string(),
  workspaceRoot: z.string(),
  opencode: z.object({
    state: z.enum(CHILD_STATES),
    pid: z.number().nullable(),
    startedAt: z.iso.datetime().nullable(),
    healthy: z.boolean(),
    lastCrash: Crash.optional(),
  }),
  ide: z.object({
    installed: z.boolean(),
    state: z.enum(CHILD_STATES),
    pid: z.number().optional(),
    lastCrash: Crash.optional(),
  }),
  busy: z.boolean(),
  turns: z.number().int(),
  ports: z.array(ListeningPort),
  /** When opencode first answered healthy and the conversation was there; null before. */
  readyAt: z.iso.datetime().nullable(),
  memoryBytes: z.number(),
  /** Open connections through the door. */
  clients: z.number().int(),
});
export type SessiondStatus = z.infer<typeof SessiondStatus>;

/** The conversation that the session's deep link opens. */
export const Conversation = z.object({
  id: z.string().min(1).max(200),
  /** Absolute path of the conversation's directory inside the session: a part of the deep link. */
  directory: z.string().min(1).max(4096),
  title: z.string().max(1000),
});
export type Conversation = z.infer<typeof Conversation>;

export const ProgressMessage = z.object({
  id: z.string().max(200),
  role: z.enum(["user", "assistant"]),
  text: z.string().max(4096),
  at: z.iso.datetime(),
});
export type ProgressMessage = z.infer<typeof ProgressMessage>;

/**
 * Body of `POST /internal/sessions/:hash/report`: the whole state of the session each time, on change and on a heartbeat.
 * Bounded: at most 100 messages of 4 KiB, oldest first, and 64 ports.
 */
export const SessionReport = z.object({
  status: SessiondStatus,
  conversation: Conversation.nullable(),
  /** True once `initialMessage` was given to the agent, or there was none, or an existing conversation won. */
  initialMessageDone: z.boolean(),
  messages: z.array(ProgressMessage).max(100),
});
export type SessionReport = z.infer<typeof SessionReport>;
