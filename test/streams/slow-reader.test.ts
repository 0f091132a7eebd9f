import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import { followEvents, listeners } from "../harness/event-client.ts";
import { call, eventually } from "../harness/http.ts";
import type { TestRouter } from "../harness/router.ts";
import { messages, pushMessages, routerWithSession } from "./stored-session.ts";

const HASH = "0123456789ab" as SessionHash;
const PROGRESS = `/api/sessions/${HASH}/progress/stream`;
const READERS = 20;
/** Much more than the kernel keeps for a connection. */
const ROUNDS = 60;

async function stalled(router: TestRouter): Promise<Socket> {
  const socket = connect(router.ports.public, "127.0.0.1");
  await once(socket, "connect");
  socket.write(
    `GET ${PROGRESS} HTTP/1.1\r\nhost: ${router.mainHost()}\r\naccept: text/event-stream\r\nconnection: close\r\n\r\n`,
  );
  await once(socket, "readable");
  return socket;
}

/** Reads what is left until the other side ends. */
async function rest(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) text += String(chunk);
  return text;
}

const residentBytes = async (router: TestRouter): Promise<number> =>
  Number(/^process_resident_memory_bytes (\d+)/m.exec((await call(router.ports.internal, "/metrics")).text)?.[1]);

test("readers that stop reading hold no memory, and are cut off by a named event", { timeout: 240_000 }, async () => {
  await using router = await routerWithSession(HASH);
  const headers = { host: router.mainHost() };
  await pushMessages(router, HASH, messages(1, 100, "x".repeat(4_000)));
  using quiet = await followEvents(router.ports.public, "/api/sessions/stream", { headers });
  const before = await listeners(router);
  const sockets = await Promise.all(Array.from({ length: READERS }, () => stalled(router)));
  try {
    const bytesBefore = await residentBytes(router);
    for (let round = 0; round < ROUNDS; round++)
      await pushMessages(router, HASH, messages(1, 100, `${round} `.padEnd(4_000, "x")));
    // Kept for each reader, it would be 20 times 24 MB.
    expect((await residentBytes(router)) - bytesBefore).toBeLessThan(200e6);

    // They read nothing: the router lets go of them by itself.
    await eventually(
      () => listeners(router),
      (count) => count === before,
      90_000,
    );
    const [first, ...others] = sockets;
    for (const other of others) other.destroy();
    const text = await rest(first!);
    const last = text.slice(text.lastIndexOf("event: "));
    expect(last).toMatch(/^event: overflow\ndata: \{"code":"too_slow","message":"[^"]+"\}\n\n\r\n0\r\n\r\n$/);

    // With the last id it goes on without a gap: the present form of each message.
    const ids = [...text.matchAll(/^id: (\S+)$/gm)];
    using again = await followEvents(router.ports.public, PROGRESS, { headers, lastEventId: ids.at(-1)?.[1] });
    await again.sees(({ event }) => event === "message");
    await eventually(
      () => Promise.resolve(again.named("message").length),
      (count) => count > 0 && text.includes(`"id":"msg_100"`),
    );
    const known = new Map<string, string>();
    for (const { data } of again.named("message")) {
      const { id, text: present } = data as { id: string; text: string };
      expect(known.has(id)).toBe(false);
      known.set(id, present);
    }
    expect([...known.values()].every((present) => present.startsWith(`${ROUNDS - 1} `))).toBe(true);
    expect(again.named("snapshot")).toEqual([]);

    // Meanwhile a silent stream got its comments.
    await eventually(
      () => Promise.resolve(quiet.comments),
      (count) => count > 0,
    );
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});
