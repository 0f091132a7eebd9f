import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ProgressMessage } from "../contracts/status.ts";
import { changedMessages, MessageLog } from "./message-log.ts";

const message = (id: string, text = id): ProgressMessage => ({
  id,
  role: "user",
  text,
  at: "2026-01-02T03:04:05.000Z",
});
const [a, b, c] = [message("a"), message("b"), message("c")];

test("changed messages are those that are new or have another text", () => {
  expect(changedMessages([a, b], [a, message("b", "longer"), c])).toEqual([message("b", "longer"), c]);
  expect(changedMessages([a, b], [b, a])).toEqual([]);
  expect(changedMessages([], [a])).toEqual([a]);
});

function textsAfter(log: MessageLog, after: number): string[] {
  const texts: string[] = [];
  for (let next = log.next(after); next; next = log.next(next.n)) texts.push(next.event.text);
  return texts;
}

describe("what is told after a number", () => {
  test("nothing of what was there from the start", () => {
    expect(textsAfter(new MessageLog([a, b]), 0)).toEqual([]);
  });

  test("each message once, in its present form, in the order of the changes", () => {
    const log = new MessageLog([a]);
    log.replace([a, b]);
    log.replace([a, b, c]);
    log.replace([a, message("b", "b2"), c]);
    expect(textsAfter(log, 0)).toEqual(["c", "b2"]);
    expect(textsAfter(log, 2)).toEqual(["b2"]);
    expect(textsAfter(log, log.last)).toEqual([]);
  });

  test("a message that fell out of the list is a gap for those who had not read it", () => {
    const log = new MessageLog([a]);
    log.replace([a, b]);
    log.replace([c]);
    expect([0, 1, 2].map((n) => log.reaches(n))).toEqual([false, true, true]);
  });

  test("a number that was never given is not reached", () => {
    expect(new MessageLog([a]).reaches(1)).toBe(false);
    expect(new MessageLog([a]).reaches(0)).toBe(true);
  });

  test("a reader that is cut off anywhere, any number of times, ends up with the list", () => {
    const lists = fc.array(fc.array(fc.tuple(fc.constantFrom(..."abcdef"), fc.nat(3)), { maxLength: 6 }));
    fc.assert(
      fc.property(lists, fc.infiniteStream(fc.nat(3)), (changes, patience) => {
        const log = new MessageLog([]);
        const read = new Map<string, string>();
        let after = 0;
        for (const change of changes) {
          log.replace([...new Map(change.map(([id, text]) => [id, message(id, `${id}${text}`)])).values()]);
          let left = patience.next().value ?? 0;
          for (let next = log.next(after); next && left > 0; next = log.next(after), left--) {
            expect(next.n).toBeGreaterThan(after);
            read.set(next.event.id, next.event.text);
            after = next.n;
          }
          if (log.reaches(after)) continue;
          after = log.last;
          for (const { id, text } of log.messages) read.set(id, text);
        }
        for (let next = log.next(after); next; next = log.next(next.n)) read.set(next.event.id, next.event.text);
        for (const { id, text } of log.messages) expect(read.get(id)).toBe(text);
      }),
    );
  });
});
