import { expect, test } from "vitest";
import type { ProgressMessage } from "../../contracts/status.ts";
import { nextConversation } from "./conversation.ts";

const message = (id: string, text = id): ProgressMessage => ({
  id,
  role: "assistant",
  text,
  at: "2026-01-01T00:00:00Z",
});

test("a message is added once and told further in place", () => {
  const first = nextConversation(undefined, { event: "snapshot", data: { title: "T", messages: [message("a")] } });
  const second = nextConversation(first, { event: "message", data: message("b", "He") });
  const third = nextConversation(second, { event: "message", data: message("b", "Hello") });
  expect(third).toEqual({ title: "T", messages: [message("a"), message("b", "Hello")] });
});

test("keeps the last fifty messages", () => {
  const messages = Array.from({ length: 80 }, (_, index) => message(`${index}`));
  const long = nextConversation(undefined, { event: "snapshot", data: { title: null, messages } });
  expect(long.messages).toHaveLength(50);
  expect(long.messages.at(-1)?.id).toBe("79");
});
