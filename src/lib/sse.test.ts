import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { Bell } from "./bell.ts";
import { formatSse, sseResponse, type SseEvent, type SseOptions } from "./sse.ts";

const overflow: SseEvent = { event: "overflow", data: "too slow" };
const open = (source: (ended: AbortSignal) => AsyncGenerator<SseEvent>, options: Partial<SseOptions> = {}): Response =>
  sseResponse(source, { signal: new AbortController().signal, overflow, ...options });

const text = async (response: Response): Promise<string> => response.text();

test("an event has its id, name and one line of data", () => {
  expect(formatSse({ id: "7", event: "a", data: "x\ny" })).toBe('id: 7\nevent: a\ndata: "x\\ny"\n\n');
});

test("a stream starts with a reconnect hint and ends with its source", async () => {
  const response = open(async function* () {
    yield { event: "a", data: 1 };
  });
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
      await new Bell(ended).rung();
    } finally {
      left("left");
    }
  };
  return { source, done };
}

test("a silent stream sends comments", async () => {
  const { source } = silent();
  const reader = open(source, { heartbeatMs: 1 }).body!.getReader();
  await reader.read();
  const { value } = await reader.read();
  expect(new TextDecoder().decode(value)).toBe(": keep-alive\n\n");
  await reader.cancel();
});

test("a client that goes away ends the source, though it was silent", async () => {
  const { source, done } = silent();
  const reader = open(source).body!.getReader();
  await reader.read();
  void reader.read().catch(() => {});
  await reader.cancel();
  expect(await done).toBe("left");
});

test("when the server goes down the stream ends with a reconnect hint, and its source with it", async () => {
  const { source, done } = silent();
  const server = new AbortController();
  const response = open(source, { signal: server.signal });
  setImmediate(() => server.abort());
  expect(await text(response)).toBe("retry: 1000\n\nretry: 1000\n\n");
  expect(await done).toBe("left");
});

/** A source that has something to tell at any time. */
function chatty() {
  const made: number[] = [];
  let left = false;
  const source = async function* (): AsyncGenerator<SseEvent> {
    try {
      for (;;) yield { event: "a", data: made.push(made.length) };
    } finally {
      left = true;
    }
  };
  return { source, made, hasLeft: () => left };
}

test("a reader that stops reading makes nothing pile up, and is cut off by a named event", async () => {
  const { source, made, hasLeft } = chatty();
  let cutOff = 0;
  const reader = open(source, { stallMs: 20, onCutOff: () => cutOff++ }).body!.getReader();
  await reader.read();
  await reader.read();
  await expect.poll(() => cutOff).toBe(1);
  expect(made.length).toBeLessThan(5);
  expect(hasLeft()).toBe(true);
  const rest: string[] = [];
  for (let read = await reader.read(); !read.done; read = await reader.read())
    rest.push(new TextDecoder().decode(read.value));
  expect(rest.at(-1)).toBe('event: overflow\ndata: "too slow"\n\n');
});

test("a reader that takes its time, but takes something, is not cut off", async () => {
  const { source } = chatty();
  let cutOff = 0;
  const reader = open(source, { stallMs: 200, onCutOff: () => cutOff++ }).body!.getReader();
  for (let n = 0; n < 10; n++) {
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  expect(cutOff).toBe(0);
  await reader.cancel();
});

test("nobody is cut off because there was nothing to tell", async () => {
  const { source } = silent();
  let cutOff = 0;
  const reader = open(source, { stallMs: 20, onCutOff: () => cutOff++ }).body!.getReader();
  await reader.read();
  const waiting = reader.read();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(cutOff).toBe(0);
  await reader.cancel();
  await waiting;
});

test("a source that fails breaks the stream, and nothing of it is left", async () => {
  const server = new AbortController();
  const source = async function* (): AsyncGenerator<SseEvent> {
    yield { event: "a", data: 1 };
    throw new Error("the database is away");
  };
  const before = getEventListeners(server.signal, "abort").length;
  await expect(text(open(source, { signal: server.signal }))).rejects.toThrow("away");
  expect(getEventListeners(server.signal, "abort")).toHaveLength(before);
});
