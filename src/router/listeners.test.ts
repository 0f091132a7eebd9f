import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { silentLog } from "../lib/log.ts";
import { drain, listen } from "./listeners.ts";

const place = { name: "public", variable: "PORT", address: "127.0.0.1", port: 0 };
const handler = { request: () => {}, upgrade: () => {} };

/** The timer of a connection's server side: `02` is keep-alive; then hundredths of a second until it fires (proc(5)). */
async function timerOf(serverPort: number, clientPort: number): Promise<{ kind: string; inMs: number }> {
  const hex = (port: number) => `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const line = (await readFile("/proc/net/tcp", "utf8"))
    .split("\n")
    .find((text) => text.includes(`${hex(serverPort)} ${hex(clientPort)}`));
  const [kind = "", when = ""] = line?.trim().split(/\s+/)[5]?.split(":") ?? [];
  return { kind, inMs: Number.parseInt(when, 16) * 10 };
}

test("a client that says nothing is asked by the kernel within a second whether it is there", async () => {
  const server = await listen(place, handler, silentLog);
  const { port } = server.address() as AddressInfo;
  const client = connect(port, "127.0.0.1");
  try {
    await Promise.all([once(client, "connect"), once(server, "connection")]);
    const { kind, inMs } = await timerOf(port, client.localPort ?? 0);
    expect(kind).toBe("02");
    expect(inMs).toBeLessThanOrEqual(1_100);
  } finally {
    client.destroy();
    await drain(server, 0);
  }
});

test("a request has no time limit once its headers are in", async () => {
  const server = await listen(place, handler, silentLog);
  expect([server.requestTimeout, server.timeout, server.headersTimeout]).toEqual([0, 0, 10_000]);
  await drain(server, 0);
});
