import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../harness/router.ts";
import { PortSession, opened } from "./port-session.ts";

const DEV_SERVER = fileURLToPath(new URL("../programs/dev-server.ts", import.meta.url));
const TSX = import.meta.resolve("tsx");
const MIB = 1024 * 1024;
const MUCH = 200 * MIB;
/** What pipes, sockets and streams on the way may hold. */
const ON_THE_WAY = 32 * MIB;

let session: PortSession;
let port: number;

const devServer = async (address: string) => {
  const [free = 0] = await freePorts(1);
  await session.run({ command: [process.execPath, "--import", TSX, DEV_SERVER, String(free), address] });
  return free;
};

beforeAll(async () => {
  session = await PortSession.start();
  port = await devServer("localhost");
  await session.answering(port);
});
afterAll(() => session?.[Symbol.asyncDispose]());

test.each(["127.0.0.1", "::1", "0.0.0.0", "::", "localhost"])("Node on %s is reached", async (address) => {
  const there = await devServer(address);
  expect((await session.answering(there)).text).toBe(`node on ${address}`);
  await session.listed(there);
});

test.each(["127.0.0.1", "::1", "0.0.0.0"])("Python on %s is reached", async (address) => {
  const [there = 0] = await freePorts(1);
  const command = ["python3", "-m", "http.server", "--bind", address, String(there)] as const;
  await session.run({ command: [...command] });
  const page = await session.answering(there);
  expect([page.status, page.headers.server]).toEqual([200, expect.stringContaining("Python")]);
});

test("a WebSocket carries text and bytes, and fits the server's own host", async () => {
  using socket = opened(await session.socket(port, "/"));
  const seen = JSON.parse(await socket.first(() => true));
  expect(seen).toEqual({ host: `localhost:${port}`, origin: `http://localhost:${port}` });
  socket.socket.send("hello");
  await socket.first((message) => message === "hello");
});

test("an event arrives before the next one is sent", async () => {
  const events = await session.open(port, "/events", { headers: { accept: "text/event-stream" } });
  const [first] = await once(events.setEncoding("utf8"), "data");
  expect(first).toBe("data: 1\n\n");
  await session.call(port, "/second-event");
  expect(await text(events)).toBe("data: 2\n\n");
});

test("a server builds its public URL; what the client says of itself is replaced", async () => {
  const headers = {
    "x-forwarded-for": "10.0.0.1",
    "x-forwarded-host": "evil.test",
    "x-forwarded-proto": "gopher",
    "x-forwarded-port": "1",
    forwarded: "host=evil.test",
  };
  const { url, client, headers: seen } = (await session.call(port, "/url?a=1", { headers })).json();
  expect([url, client]).toEqual([`${session.origin(port)}/url?a=1`, "127.0.0.1"]);
  expect(JSON.stringify(seen)).not.toMatch(/evil|gopher|10\.0\.0\.1|x-forwarded-port/i);
});

test("a redirect to localhost leads to the public address", async () => {
  const answer = await session.call(port, "/login");
  expect([answer.status, answer.headers.location]).toEqual([302, `${session.origin(port)}/welcome`]);
});

describe("200 MB wait for a slow side, and arrive whole", () => {
  const moved = async () => (await session.call(port, "/moved")).json<{ down: number; up: number }>();

  /** Waits until a number has not grown for a while. */
  const atRest = async (read: () => Promise<number>): Promise<number> => {
    for (let last = -1; ;) {
      const now = await read();
      if (now === last && now > 0) return now;
      last = now;
      await delay(1_000);
    }
  };

  test("down", async () => {
    const answer = await session.open(port, `/down?bytes=${MUCH}`);
    expect(await atRest(async () => (await moved()).down)).toBeLessThan(ON_THE_WAY);
    let arrived = 0;
    for await (const chunk of answer) arrived += (chunk as Buffer).length;
    expect(arrived).toBe(MUCH);
  });

  test("up", async () => {
    const headers = { host: session.host(port), "content-length": MUCH };
    const upload = request({ port: session.router.ports.public, path: "/up", method: "POST", headers, agent: false });
    const answered = new Promise<string>((resolve, reject) => {
      upload.on("response", (answer) => resolve(text(answer))).on("error", reject);
    });
    let sent = 0;
    const send = async () => {
      for (const chunk = Buffer.alloc(64 * 1024); sent < MUCH; sent += chunk.length)
        if (!upload.write(chunk)) await new Promise((resolve) => upload.once("drain", resolve));
      upload.end();
    };
    const sending = send();
    expect(await atRest(() => Promise.resolve(sent))).toBeLessThan(ON_THE_WAY);
    await session.call(port, "/read");
    await sending;
    expect(await answered).toBe(String(MUCH));
  });
});
