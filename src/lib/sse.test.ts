import { expect, test } from "vitest";
import { Mailbox } from "./mailbox.ts";
import { formatSse, sseResponse, type SseEvent } from "./sse.ts";

const text = async (response: Response): Promise<string> => response.text();

test("an event has its id, name and one line of data", () => {
  expect(formatSse({ id: "7", event: "a", data: "x\ny" })).toBe('id: 7\nevent: a\ndata: "x\\ny"\n\n');
});

test("a stream starts with a reconnect hint and ends with its source", async () => {
  const response = sseResponse(
    async function* (): AsyncGenerator<SseEvent> {
      yield { event: "a", data: 1 };
    },
    { signal: new AbortController().signal },
  );
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
  expect(response.headers.get("x-accel-buffering")).toBe("no");
  expect(await text(response)).toBe("retry: 1000\n\nevent: a\ndata: 1\n\n");
});

/** A source that waits for ever, and says when it was ended. */
function silent() {
  let left: (value: "left") => void;
  const done = new Promise<"left">((resolve) => {
    left = resolve;
  });
  const source = async function* (ended: AbortSignal): AsyncGenerator<SseEvent> {
    try {
      await new Mailbox<never>(1, { whenFull: "end", signal: ended }).take();
    } finally {
      left("left");
    }
  };
  return { source, done };
}

test("a silent stream sends comments", async () => {
  const { source } = silent();
  const reader = sseResponse(source, { signal: new AbortController().signal, heartbeatMs: 1 }).body!.getReader();
  await reader.read();
  const { value } = await reader.read();
  expect(new TextDecoder().decode(value)).toBe(": keep-alive\n\n");
  await reader.cancel();
});

test("a client that goes away ends the source, though it was silent", async () => {
  const { source, done } = silent();
  const reader = sseResponse(source, { signal: new AbortController().signal }).body!.getReader();
  await reader.read();
  void reader.read().catch(() => {});
  await reader.cancel();
  expect(await done).toBe("left");
});

test("when the server goes down the stream ends with a reconnect hint, and its source with it", async () => {
  const { source, done } = silent();
  const server = new AbortController();
  const response = sseResponse(source, { signal: server.signal });
  setImmediate(() => server.abort());
  expect(await text(response)).toBe("retry: 1000\n\nretry: 1000\n\n");
  expect(await done).toBe("left");
});

test("a mailbox that only says 'look again' keeps one note; any other ends when its reader is too slow", async () => {
  const { signal } = new AbortController();
  const notes = new Mailbox<string>(1, { whenFull: "coalesce", signal });
  notes.put("a");
  notes.put("b");
  expect(await notes.take()).toEqual(["a"]);
  const events = new Mailbox<string>(1, { whenFull: "end", signal });
  events.put("a");
  events.put("b");
  expect(await events.take()).toBeUndefined();
});
