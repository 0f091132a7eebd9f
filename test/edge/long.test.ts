import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { open } from "../harness/http.ts";
import { nextMessage, openSocket } from "../harness/web-socket.ts";
import { EdgePlace } from "./harness/place.ts";

/** Longer than any limit that proxies have by default; what is shown here is the time itself. */
const OPEN_MS = 150_000;
const UPLOAD_MS = 90_000;
const LIMIT_MS = OPEN_MS + 120_000;

let place: EdgePlace;
beforeAll(async () => {
  place = await EdgePlace.start();
  await place.startSession();
});
afterAll(() => place?.[Symbol.asyncDispose]());

const asAlice = (name: string) => ({ host: place.edge.host(name), cookie: place.alice });

async function silentStream(): Promise<void> {
  const host = place.portHost(place.dev);
  const stream = await open(place.edge.ports.web, "/events", { headers: asAlice(host) });
  expect(String((await once(stream, "data"))[0])).toBe("data: 1\n\n");
  await delay(OPEN_MS);
  await place.edge.call(host, "/second-event", { headers: asAlice(host) });
  expect(await text(stream)).toBe("data: 2\n\n");
}

async function ownStream(): Promise<void> {
  const headers = { ...asAlice(""), accept: "text/event-stream" };
  const stream = await open(place.edge.ports.web, "/api/sessions/stream", { headers });
  let received = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => (received += chunk));
  await delay(OPEN_MS);
  expect(stream.readableEnded || stream.destroyed).toBe(false);
  // A comment every 15 seconds keeps the proxies in front from ending it.
  expect(received.match(/^:/gm)?.length).toBeGreaterThanOrEqual(8);
  stream.destroy();
}

async function silentSocket(): Promise<void> {
  const socket = await openSocket(place.edge.ports.web, "/", asAlice(place.portHost(place.echo)));
  if (typeof socket === "number") throw new Error(`refused with ${socket}`);
  await nextMessage(socket);
  await delay(OPEN_MS);
  socket.send("still there");
  expect(await nextMessage(socket)).toBe("still there");
  socket.close();
}

async function slowUpload(): Promise<void> {
  const host = place.portHost(place.dev);
  const upload = request({
    port: place.edge.ports.web,
    path: "/up",
    method: "POST",
    headers: asAlice(host),
    agent: false,
  });
  const answered = once(upload, "response");
  await place.edge.call(host, "/read", { headers: asAlice(host) });
  const end = Date.now() + UPLOAD_MS;
  let bytes = 0;
  for (; Date.now() < end; bytes += 1024) {
    upload.write(Buffer.alloc(1024));
    await delay(1_000);
  }
  upload.end();
  const [answer] = await answered;
  expect([answer.statusCode, await text(answer)]).toEqual([200, String(bytes)]);
}

test("streams and sockets stay open for minutes, and an upload may take as long", { timeout: LIMIT_MS }, async () => {
  await Promise.all([silentStream(), ownStream(), silentSocket(), slowUpload()]);
});
