import { expect, test } from "vitest";
import { delivery, nextStep, type Observed } from "./decide.ts";

const used = { id: "ses_used", archived: false, used: true };
const empty = { id: "ses_empty", archived: false, used: false };
const archived = { id: "ses_old", archived: true, used: true };
const none = { state: "none" } as const;
const sending = { state: "sending", conversationId: "ses_empty", messageId: "msg_1" } as const;
const done = { state: "done", why: "given" } as const;

test.each<[string, Observed, object]>([
  ["nothing there", { marker: none, hasInitialMessage: false, conversations: [] }, { do: "create" }],
  ["nothing but a message", { marker: none, hasInitialMessage: true, conversations: [] }, { do: "create" }],
  ["a conversation", { marker: none, hasInitialMessage: false, conversations: [used] }, { do: "nothing" }],
  [
    "a conversation and a message",
    { marker: none, hasInitialMessage: true, conversations: [empty, used] },
    { do: "mark-done", why: "conversation_won" },
  ],
  [
    "an empty conversation of a killed predecessor",
    { marker: none, hasInitialMessage: true, conversations: [empty] },
    { do: "give", conversationId: "ses_empty" },
  ],
  [
    "an unfinished marker",
    { marker: sending, hasInitialMessage: true, conversations: [empty] },
    { do: "make-sure", conversationId: "ses_empty", messageId: "msg_1" },
  ],
  [
    "an unfinished marker of a deleted conversation",
    { marker: sending, hasInitialMessage: true, conversations: [used] },
    { do: "mark-done", why: "conversation_deleted" },
  ],
  ["done, conversation deleted", { marker: done, hasInitialMessage: false, conversations: [] }, { do: "create" }],
  ["done", { marker: done, hasInitialMessage: false, conversations: [empty] }, { do: "nothing" }],
  ["only archived ones", { marker: none, hasInitialMessage: false, conversations: [archived] }, { do: "create" }],
])("%s", (_name, observed, step) => {
  expect(nextStep(observed)).toEqual(step);
});

test.each([
  ["not stored", undefined, "send"],
  ["stored without its text", { hasText: false, answered: false }, "send"],
  ["stored, but no agent began", { hasText: true, answered: false }, "nudge"],
  ["answered", { hasText: true, answered: true }, "nothing"],
] as const)("a message that is %s", (_name, stored, expected) => {
  expect(delivery(stored).do).toBe(expected);
});
