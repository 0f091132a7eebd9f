import type { Marker } from "./marker.ts";

export interface Observed {
  readonly marker: Marker;
  readonly hasInitialMessage: boolean;
  /** Most recently updated first. */
  readonly conversations: readonly { readonly id: string; readonly archived: boolean; readonly used: boolean }[];
}

export type DoneReason = "given" | "conversation_won" | "conversation_deleted";

export type Step =
  | { readonly do: "create" }
  /** Write the marker, then send. */
  | { readonly do: "give"; readonly conversationId: string }
  /** It was about to be sent when somebody died: look whether it arrived. */
  | { readonly do: "make-sure"; readonly conversationId: string; readonly messageId: string }
  | { readonly do: "mark-done"; readonly why: DoneReason }
  | { readonly do: "nothing" };

/** The next step towards a conversation that has been given the initial message exactly once. */
export function nextStep({ marker, hasInitialMessage, conversations }: Observed): Step {
  if (marker.state === "sending") {
    const { conversationId, messageId } = marker;
    if (conversations.some(({ id }) => id === conversationId)) return { do: "make-sure", conversationId, messageId };
    return { do: "mark-done", why: "conversation_deleted" };
  }
  const open = conversations.filter(({ archived }) => !archived);
  const pending = hasInitialMessage && marker.state === "none";
  if (pending && conversations.some(({ used }) => used)) return { do: "mark-done", why: "conversation_won" };
  const [latest] = open;
  if (latest === undefined) return { do: "create" };
  return pending ? { do: "give", conversationId: latest.id } : { do: "nothing" };
}

export type Delivery =
  | { readonly do: "send" }
  /** The message is stored, but its agent died before it began. */
  | { readonly do: "nudge" }
  | { readonly do: "nothing" };

export interface Stored {
  readonly hasText: boolean;
  readonly answered: boolean;
}

/**
 * What a message whose sender died still needs. opencode stores a message first and its text a moment later, so a message
 * without text has not arrived; sending under the same id completes it.
 */
export function delivery(stored: Stored | undefined): Delivery {
  if (stored === undefined || !stored.hasText) return { do: "send" };
  return stored.answered ? { do: "nothing" } : { do: "nudge" };
}
