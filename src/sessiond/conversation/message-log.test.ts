import { expect, test } from "vitest";
import type { ProgressMessage } from "../../contracts/status.ts";
import { progressMessage, withMessage } from "./message-log.ts";

const info = { id: "msg_1", sessionID: "ses_1", role: "user", time: { created: 0 } } as const;

test("keeps the texts of a message, without what opencode added", () => {
  const parts = [{ type: "text", text: "one" }, { type: "tool" }, { type: "text", text: "hidden", synthetic: true }];
  expect(progressMessage({ info, parts })).toEqual({
    id: "msg_1",
    role: "user",
    text: "one",
    at: "1970-01-01T00:00:00.000Z",
  });
  expect(progressMessage({ info, parts: [{ type: "tool" }] })).toBeUndefined();
  expect(progressMessage({ info, parts: [{ type: "text", text: "x".repeat(9_999) }] })?.text).toHaveLength(4096);
});

const message = (n: number, text = "text"): ProgressMessage => {
  return { id: `msg_${n}`, role: "user", text, at: new Date(n).toISOString() };
};
const logOf = (messages: ProgressMessage[]): readonly ProgressMessage[] =>
  messages.reduce<readonly ProgressMessage[]>(withMessage, []);

test("orders by time and replaces what came again", () => {
  expect(logOf([message(2), message(1), message(2, "new")]).map(({ text }) => text)).toEqual(["text", "new"]);
});

test("drops the oldest beyond 100 messages and beyond the size of a report", () => {
  const log = logOf(Array.from({ length: 120 }, (_, n) => message(n)));
  expect(log).toHaveLength(100);
  expect(log[0]?.id).toBe("msg_20");
  const wide = logOf(Array.from({ length: 100 }, (_, n) => message(n, "\u4e16".repeat(4096))));
  expect(Buffer.byteLength(JSON.stringify(wide))).toBeLessThan(600 * 1024);
  expect(wide.at(-1)?.id).toBe("msg_99");
});
