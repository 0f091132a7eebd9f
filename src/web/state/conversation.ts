import type { ProgressMessage } from "../../contracts/status.ts";
import type { ProgressEvent } from "../../contracts/stream.ts";

export interface Conversation {
  readonly title: string | null;
  readonly messages: readonly ProgressMessage[];
}

const MAX_MESSAGES = 50;

/** A message that is told again with the same id is the same message, further along. */
export function nextConversation(before: Conversation | undefined, input: ProgressEvent): Conversation {
  if (input.event === "snapshot") return { ...input.data, messages: input.data.messages.slice(-MAX_MESSAGES) };
  const known = before ?? { title: null, messages: [] };
  const at = known.messages.findIndex((message) => message.id === input.data.id);
  const messages = at < 0 ? [...known.messages, input.data] : known.messages.with(at, input.data);
  return { ...known, messages: messages.slice(-MAX_MESSAGES) };
}
