import { describe, expect, test } from "vitest";
import { hostilePlace } from "../hostile/place.ts";
import { eventually } from "../harness/http.ts";
import { RawClient } from "../harness/raw-http.ts";
import { RawTarget } from "../harness/raw-target.ts";
import { footprint, nothingOpen } from "./footprint.ts";

const place = hostilePlace();

const SOCKET =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

const lines = (headers: Record<string, string>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");

/** How a client goes: `reset` is what a killed program behind a full buffer, a crashed machine that is back or a NAT leaves; `end` is a killed program. */
const WAYS = ["reset", "end"] as const;
const leave = (client: RawClient, way: (typeof WAYS)[number]): void =>
  way === "reset" ? void client.socket.resetAndDestroy() : void client.socket.destroy();

async function opened(request: string, port = place.router.ports.public): Promise<RawClient> {
  const client = await RawClient.open(port);
  client.send(request);
  await eventually(
    async () => client.received,
    (text) => /^HTTP\/1\.1 (200|101) /.test(text),
    60_000,
  );
  return client;
}

/** 500 clients, of every kind of stream that there is. */
function fiveHundred(): Promise<RawClient[]> {
  const { router, target, hash } = place;
  const alice = router.identity("alice@example.org");
  const onSession = lines({ Host: router.sessionHost(hash), ...alice });
  const onMain = lines({ Host: router.mainHost(), ...alice });
  const kinds = [
    `GET /events HTTP/1.1\r\n${target.head}\r\n`,
    `GET /socket HTTP/1.1\r\n${target.head}${SOCKET}\r\n`,
    `GET /event HTTP/1.1\r\n${onSession}Accept: text/event-stream\r\n\r\n`,
    `GET /socket HTTP/1.1\r\n${target.head}${SOCKET}\r\n`,
    `GET /api/sessions/stream HTTP/1.1\r\n${onMain}\r\n`,
  ];
  return Promise.all(Array.from({ length: 500 }, (_, i) => opened(kinds[i % kinds.length] ?? "")));
}

describe("500 clients that vanish", () => {
  test("leave nothing behind: no connection, no descriptor, no memory", async () => {
    const { router, target } = place;
    const { pid } = router;
    // The first round fills pools and caches, and compiles the code.
    for (const client of await fiveHundred()) leave(client, "reset");
    const before = await nothingOpen(target);
    for (const way of WAYS) {
      const clients = await fiveHundred();
      const during = await footprint(target);
      expect([during.exchanges, during.connections]).toEqual([400, 300]);
      expect(during.descriptors).toBeGreaterThan(before.descriptors + 800);
      for (const client of clients) leave(client, way);
      await nothingOpen(target);
    }
    const after = await eventually(
      () => footprint(target),
      ({ descriptors }) => descriptors <= before.descriptors + 10,
      20_000,
    );
    expect(after.megabytes).toBeLessThan(before.megabytes + 80);
    expect(router.pid).toBe(pid);
  });
});

describe("a client that vanishes at any stage of an upgrade", () => {
  const attachPassword = async () =>
    (await place.router.api("GET", `/api/sessions/${place.hash}/attach-info`)).json<{ attachPassword: string }>()
      .attachPassword;

  test.each(WAYS)("leaves nothing behind (%s)", async (way) => {
    const { router, target, hash } = place;
    const attach = (password: string) =>
      `GET /pty/pty_none/connect HTTP/1.1\r\n${lines({ Host: router.attachHost(hash), "X-Attach-Password": password })}${SOCKET}\r\n`;
    const socket = (path: string) => `GET ${path} HTTP/1.1\r\n${target.head}${SOCKET}\r\n`;
    const { public: main, attach: other } = router.ports;
    const stages: [port: number, request: string, until: RegExp][] = [
      [main, socket("/socket").slice(0, 40), /^/],
      [main, socket("/socket"), /^/],
      [main, socket("/never"), /^/],
      [main, socket("/socket"), /^HTTP\/1\.1 101/],
      [main, `${socket("/socket")}${"x".repeat(200_000)}`, /^HTTP\/1\.1 101.*x{1000}/s],
      [main, socket("/"), /^HTTP\/1\.1 200/],
      [main, socket("/cut"), /^/],
      [main, socket("/socket?then=cut"), /^HTTP\/1\.1 101/],
      [main, `GET / HTTP/1.1\r\nHost: evil.test\r\n${SOCKET}\r\n`, /^HTTP\/1\.1 404/],
      [other, attach(`${hash}.wrong`), /^/],
      [other, attach(await attachPassword()), /^/],
    ];
    const before = await nothingOpen(target);
    for (const [port, request, until] of stages)
      await Promise.all(
        Array.from({ length: 10 }, async (_, i) => {
          const client = await RawClient.open(port);
          client.send(request);
          await eventually(
            async () => client.received,
            (text) => until.test(text),
          );
          // Not all at the same moment of what comes next.
          await new Promise((resolve) => setTimeout(resolve, i * 3));
          leave(client, way);
        }),
      );
    await nothingOpen(target);
    await eventually(
      () => footprint(target),
      ({ descriptors }) => descriptors <= before.descriptors + 10,
      20_000,
    );
  });

  test("keeps no descriptor when it is refused and never closes", async () => {
    const { router, target } = place;
    const before = await nothingOpen(target);
    const refused = `GET / HTTP/1.1\r\nHost: ${target.host}\r\n${SOCKET}\r\n`;
    const clients = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const client = await RawClient.open(i % 2 ? router.ports.public : router.ports.attach);
        // It reads its answer, and keeps its own half open for ever.
        client.socket.allowHalfOpen = true;
        expect(await client.send(refused).answer()).toBeDefined();
        return client;
      }),
    );
    await eventually(
      () => footprint(target),
      ({ descriptors }) => descriptors <= before.descriptors + 10,
      20_000,
    );
    for (const client of clients) client.socket.destroy();
  });
});

test.each(WAYS)("held by a wake, it leaves nothing behind either, and the session starts (%s)", async (way) => {
  const { router, target, hash } = place;
  const alice = lines({ Host: router.sessionHost(hash), ...router.identity("alice@example.org") });
  await router.api("POST", `/api/sessions/${hash}/stop`);
  await router.waitFor(hash, "stopped");
  const held = await Promise.all(
    Array.from({ length: 40 }, async (_, i) => {
      const client = await RawClient.open(router.ports.public);
      return client.send(`GET /event HTTP/1.1\r\n${alice}${i % 2 ? SOCKET : ""}\r\n`);
    }),
  );
  await eventually(
    async () => (await router.session(hash)).state,
    (state) => state !== "stopped",
  );
  for (const client of held) leave(client, way);
  await router.waitFor(hash, "running");
  await target[Symbol.asyncDispose]();
  Object.assign(place, { target: await RawTarget.start(router, hash) });
  await nothingOpen(place.target);
});
