import { expect, test } from "vitest";
import { setTimeout as wait } from "node:timers/promises";
import { hostilePlace } from "../hostile/place.ts";
import { eventually } from "../harness/http.ts";
import { RawClient, statusOf } from "../harness/raw-http.ts";
import { megabytes, nothingOpen } from "./footprint.ts";

const place = hostilePlace();

const SOCKET =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
const MB = 1024 * 1024;

const asked = (path: string, more = "", method = "GET") =>
  `${method} ${path} HTTP/1.1\r\n${place.target.head}${more}\r\n`;
const open = async (request: string) => (await RawClient.open(place.router.ports.public)).send(request);

/** 2 seconds are promised, and a few more are for a busy machine. */
const soon = (good: () => boolean) => eventually(async () => good(), Boolean, 6_000);

const LEAVING: Record<string, () => string> = {
  "waits for an answer": () => asked("/never"),
  "hears events": () => asked("/events"),
  "has a socket": () => asked("/socket", SOCKET),
  "waits for a socket": () => asked("/never", SOCKET),
  "sends a body": () => `${asked("/", "Content-Length: 1000\r\n", "POST")}beginning`,
  "sends chunks": () => `${asked("/", "Transfer-Encoding: chunked\r\n", "POST")}5\r\nhello\r\n`,
};

test.each(Object.entries(LEAVING))(
  "a client that leaves while it %s is gone for the server, too",
  async (_what, request) => {
    const { target } = place;
    await nothingOpen(target);
    const [first, second] = [await open(request()), await open(request())];
    await soon(() => target.connections.size === 2);
    await wait(300);
    first.socket.resetAndDestroy();
    second.socket.destroy();
    await soon(() => target.connections.size === 0);
  },
);

test.each([
  ["in the middle of an answer", () => asked("/cut")],
  ["in the middle of a socket", () => asked("/socket?then=cut", SOCKET)],
])("a server that goes %s is gone for the client, too", async (_when, request) => {
  using client = await open(request());
  await soon(() => client.ended);
  expect(client.received).not.toBe("");
});

test("a reader that stalls stops the server, not the router's memory; when it goes on, every byte arrives", async () => {
  const { router, target } = place;
  const length = 500 * MB;
  const before = await megabytes(router);
  using client = await open(asked(`/flood?bytes=${length}`));
  client.socket.removeAllListeners("data").pause();
  const sent = () => Math.max(0, ...target.events.map((event) => (event.event === "sent" ? event.bytes : 0)));
  await soon(() => sent() > 0);
  await wait(2_000);
  expect(sent()).toBeLessThan(100 * MB);
  expect(await megabytes(router)).toBeLessThan(before + 100);
  let arrived = 0;
  client.socket.on("data", (data: Buffer) => {
    arrived += data.length;
  });
  client.socket.resume();
  await eventually(async () => arrived >= length, Boolean);
  expect(await megabytes(router)).toBeLessThan(before + 150);
});

test("a server that does not read stops the client, not the router's memory", async () => {
  const { router } = place;
  const before = await megabytes(router);
  for (const request of [asked("/deaf", `Content-Length: ${200 * MB}\r\n`, "POST"), asked("/deaf", SOCKET)]) {
    using client = await open(request);
    await wait(300);
    client.send("x".repeat(200 * MB));
    await wait(2_000);
    expect(client.socket.writableLength).toBeGreaterThan(100 * MB);
    expect(await megabytes(router)).toBeLessThan(before + 100);
  }
});

test("an upload may take longer than its headers, and pause", async () => {
  using client = await open(asked("/", "Content-Length: 3\r\n", "POST"));
  for (const byte of "abc") {
    await wait(5_000);
    client.send(byte);
  }
  const answer = await client.answer();
  expect([answer && statusOf(answer), answer?.body]).toEqual([200, expect.stringContaining('"body":"abc"')]);
});
