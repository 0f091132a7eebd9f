import { expect, test } from "vitest";
import { refreshFor } from "./refresh.ts";

const part = (change: object) => ({ part: { type: "text", sessionID: "ses_1", messageID: "msg_1", ...change } });
const message = { what: "message", conversationId: "ses_1", messageId: "msg_1" };

test.each([
  ["session.status", {}, { what: "activity" }],
  ["session.updated", {}, { what: "conversations" }],
  ["message.updated", { info: { id: "msg_1", sessionID: "ses_1", time: { created: 1, completed: 2 } } }, message],
  ["message.updated", { info: { id: "msg_1", sessionID: "ses_1", time: { created: 1 } } }, undefined],
  ["message.part.updated", part({}), message],
  ["message.part.updated", part({ time: { start: 1 } }), undefined],
  ["message.part.updated", part({ time: { start: 1, end: 2 } }), message],
  ["message.part.updated", part({ type: "tool" }), undefined],
  ["message.updated", { info: "malformed" }, undefined],
  ["plugin.added", {}, undefined],
])("%s %o", (type, properties, expected) => {
  expect(refreshFor({ type, properties })).toEqual(expected);
});
