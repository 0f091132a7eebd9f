import * as z from "zod/mini";
import type { OpencodeEvent } from "../opencode/events.ts";

/** What has to be looked at again after an event. */
export type Refresh =
  | { readonly what: "activity" }
  | { readonly what: "conversations" }
  | { readonly what: "message"; readonly conversationId: string; readonly messageId: string };

const MessageUpdated = z.object({
  info: z.object({
    id: z.string(),
    sessionID: z.string(),
    time: z.object({ completed: z.optional(z.number()) }),
  }),
});
const PartUpdated = z.object({
  part: z.object({
    type: z.string(),
    sessionID: z.string(),
    messageID: z.string(),
    time: z.optional(z.object({ end: z.optional(z.number()) })),
  }),
});

/** Events say only where to look: what is there is read, so that a lost or repeated event does no harm. */
export function refreshFor({ type, properties }: OpencodeEvent): Refresh | undefined {
  if (type === "session.status" || type === "session.idle") return { what: "activity" };
  if (/^session\.(?:created|updated|deleted)$/.test(type)) return { what: "conversations" };
  if (type === "message.updated") return finishedMessage(properties);
  if (type === "message.part.updated") return finishedText(properties);
  return undefined;
}

function finishedMessage(properties: unknown): Refresh | undefined {
  const parsed = MessageUpdated.safeParse(properties);
  if (!parsed.success || parsed.data.info.time.completed === undefined) return undefined;
  return { what: "message", conversationId: parsed.data.info.sessionID, messageId: parsed.data.info.id };
}

/** The text of a person is whole when it comes; an agent's is when it has an end. */
function finishedText(properties: unknown): Refresh | undefined {
  const parsed = PartUpdated.safeParse(properties);
  if (!parsed.success || parsed.data.part.type !== "text") return undefined;
  const { sessionID, messageID, time } = parsed.data.part;
  if (time !== undefined && time.end === undefined) return undefined;
  return { what: "message", conversationId: sessionID, messageId: messageID };
}
