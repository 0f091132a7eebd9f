import { z } from "zod";
import { FAILURE_REASONS, SESSION_STATES, START_STAGES, Session } from "./session.ts";
import { ProgressMessage } from "./status.ts";

/** Events of `GET /api/sessions/stream`. */
export const SessionsEvents = {
  sessions: z.object({ email: z.string(), sessions: z.array(Session) }),
};

/** Events of `GET /api/sessions/:hash/events`; the stream ends after `complete` or `error`. */
export const StartEvents = {
  progress: z.object({ stage: z.enum(START_STAGES), message: z.string() }),
  state_change: z.object({ state: z.enum(SESSION_STATES) }),
  complete: z.object({ url: z.string() }),
  error: z.object({ code: z.enum([...FAILURE_REASONS, "stopped", "deleted"]), message: z.string() }),
};

/** Events of `GET /api/sessions/:hash/progress/stream`. */
export const ProgressEvents = {
  snapshot: z.object({ title: z.string().nullable(), messages: z.array(ProgressMessage) }),
  message: ProgressMessage,
};

/** The last event of any stream whose reader was too slow: connect again, with the last id, to go on from there. */
export const OverflowEvents = {
  overflow: z.object({ code: z.literal("too_slow"), message: z.string() }),
};

type Payloads<T extends Record<string, z.ZodType>> = { [K in keyof T]: { event: K; data: z.infer<T[K]> } }[keyof T];
export type SessionsEvent = Payloads<typeof SessionsEvents>;
export type StartEvent = Payloads<typeof StartEvents>;
export type ProgressEvent = Payloads<typeof ProgressEvents>;
export type OverflowEvent = Payloads<typeof OverflowEvents>;

export const OVERFLOW: OverflowEvent = {
  event: "overflow",
  data: { code: "too_slow", message: "You read more slowly than there was to tell. Connect again to go on." },
};

/** What a person reads while a session starts. */
export const STAGE_MESSAGES: Record<(typeof START_STAGES)[number], string> = {
  queued: "Waiting for a free place to start",
  scheduling: "Finding a place to run",
  pulling: "Fetching the session image",
  configuring: "Writing the configuration",
  cloning: "Cloning the repository",
  booting: "Starting opencode",
  ready: "Ready",
};
