import { expect, test } from "vitest";
import { messageId } from "./message-id.ts";

test("has the time that opencode's own ids have", () => {
  // opencode 1.18.33 named a message of 2026-11-21T06:00:25.108Z msg_1fcb11114001oYfXdcKWNZPlSR.
  expect(messageId(1_795_240_825_108)).toMatch(/^msg_1fcb11114001[0-9A-Za-z]{14}$/);
});

test("later ids sort after earlier ones", () => {
  expect(messageId(1_795_240_825_108) < messageId(1_795_240_825_109)).toBe(true);
});
