import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { SessionReport } from "../contracts/status.ts";
import { systemClock } from "../lib/clock.ts";
import { silentLog } from "../lib/log.ts";
import { Secret } from "../lib/secret.ts";
import { Pusher } from "./push.ts";

const HASH = "0123456789ab";
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A router that notes what it is told. */
async function router(host: string, port: number, status = 204): Promise<{ port: number; heard: string[] }> {
  const heard: string[] = [];
  const server = createServer((req, res) => {
    heard.push(`${req.method} ${req.url} ${req.headers.host} ${req.headers.authorization}`);
    req.resume();
    res.writeHead(status).end();
  });
  servers.push(server);
  await once(server.listen(port, host), "listening");
  return { port: (server.address() as AddressInfo).port, heard };
}

const pusherTo = (port: number, addresses: readonly string[]) =>
  new Pusher({
    clock: systemClock,
    log: silentLog,
    hash: HASH,
    router: { kind: "fixed", url: `http://routers.example:${port}` },
    sessionKey: new Secret("the-key"),
    report: () => ({}) as SessionReport,
    resolve: () => Promise.resolve(addresses),
  });

test("every router behind the name is told, whether or not another is away", async () => {
  const one = await router("127.0.0.2", 0);
  const two = await router("127.0.0.3", one.port, 503);
  await pusherTo(one.port, ["127.0.0.2", "127.0.0.3", "127.0.0.4"]).last(5_000);
  const expected = [`POST /internal/sessions/${HASH}/report routers.example:${one.port} Bearer the-key`];
  expect(one.heard).toEqual(expected);
  expect(two.heard).toEqual(expected);
});
