import { createServer, request, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sampleSession } from "../../../test/harness/sample-session.ts";
import { eventually } from "../../../test/harness/http.ts";
import { Secret } from "../../lib/secret.ts";
import type { ToSession } from "../dispatch.ts";
import { forward } from "./forward.ts";
import { Proxy } from "./proxy.ts";

const KEY = new Secret("session-key");
const MEGABYTE = 1024 * 1024;

/** What runs in the session; each test says what it does. */
let app: Server;
/** In place of sessiond: takes `CONNECT`, then moves bytes. */
let door: Server;
let router: Server;
let proxy: Proxy;
let answer: RequestListener;
let connections = 0;

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

beforeEach(async () => {
  connections = 0;
  app = createServer((req, res) => answer(req, res)).on("connection", () => void (connections += 1));
  door = createServer().on("connect", (_req, client: Socket) => {
    const upstream = connect(portOf(app), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      client.pipe(upstream).pipe(client);
    });
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
    client.on("close", () => upstream.destroy());
  });
  router = createServer((req, res) => forward(proxy, routeOf(req), { req, res }));
  for (const server of [app, door, router]) await once(server.listen(0, "127.0.0.1"), "listening");
  proxy = new Proxy({
    connect: async () => {
      const socket = connect(portOf(door), "127.0.0.1");
      await once(socket, "connect");
      return socket;
    },
    sessionKey: () => KEY,
    touch: () => {},
    ssoCookieName: "_oauth2_proxy",
    proto: "http",
  });
});

afterEach(() => {
  proxy.tunnels.close();
  for (const server of [app, door, router]) server.close().closeAllConnections();
});

const routeOf = ({ url = "/" }: IncomingMessage): ToSession => ({
  to: "session",
  record: sampleSession(),
  target: { kind: "port", port: 5173 },
  entrance: "public",
  role: "owner",
  principal: undefined,
  path: url,
  noReferrer: false,
  ask: "request",
  from: "127.0.0.1",
});

function ask(method = "GET", headers: Record<string, string> = {}) {
  const req = request({ host: "127.0.0.1", port: portOf(router), method, headers, agent: false });
  const answered = once(req, "response") as Promise<[IncomingMessage]>;
  return { req, answered: answered.then(([res]) => res) };
}

test("one connection serves one request after the other", async () => {
  answer = (_req, res) => res.end("good");
  for (let i = 0; i < 10; i += 1) {
    const { req, answered } = ask();
    req.end();
    expect(await text(await answered)).toBe("good");
  }
  expect(connections).toBe(1);
});

test("an event stream shows its head before its first event, and each event at once", async () => {
  const streams: { write(text: string): unknown }[] = [];
  answer = (_req, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    streams.push(res);
  };
  const { req, answered } = ask();
  req.end();
  const res = await answered;
  expect(res.headers["content-type"]).toBe("text/event-stream");
  streams[0]?.write("data: 1\n\n");
  expect(String((await once(res, "data"))[0])).toBe("data: 1\n\n");
  res.destroy();
});

test.each([
  { framing: { "content-length": String(3 * MEGABYTE) }, seen: { "content-length": String(3 * MEGABYTE) } },
  { framing: { "transfer-encoding": "chunked" }, seen: { "transfer-encoding": "chunked" } },
])("a body with $framing arrives whole and framed likewise", async ({ framing, seen }) => {
  answer = (req, res) => void text(req).then(({ length }) => res.end(JSON.stringify({ length, headers: req.headers })));
  const { req, answered } = ask("POST", framing);
  req.end("x".repeat(3 * MEGABYTE));
  expect(JSON.parse(await text(await answered))).toMatchObject({ length: 3 * MEGABYTE, headers: seen });
});

test("an answer that comes before the body was read reaches the client, who may go on", async () => {
  answer = (req, res) => (req.method === "POST" ? res.writeHead(413).end("too large") : res.end("good"));
  const client = connect(portOf(router), "127.0.0.1");
  let seen = "";
  client.setEncoding("latin1").on("data", (bytes: string) => (seen += bytes));
  const sees = (words: string) =>
    eventually(
      async () => seen,
      () => seen.includes(words),
      4_000,
    );
  client.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${3 * MEGABYTE}\r\n\r\n${"x".repeat(1024)}`);
  await sees("too large");
  client.write(`${"x".repeat(3 * MEGABYTE - 1024)}GET / HTTP/1.1\r\nHost: x\r\n\r\n`);
  await sees("good");
  client.destroy();
});

test("a client that leaves ends the session's side, while it waits and while it reads", async () => {
  for (const writeHead of [false, true]) {
    const left = new Promise<void>((resolve) => {
      answer = (_req, res) => {
        res.on("close", resolve);
        if (writeHead) res.writeHead(200).write("beginning");
      };
    });
    const { req, answered } = ask();
    answered.catch(() => {
      // It left before there was an answer.
    });
    req.on("error", () => {}).end();
    await (writeHead
      ? answered
      : eventually(
          async () => proxy.exchanges.size,
          (size) => size === 1,
        ));
    await eventually(
      async () => connections,
      (count) => count > 0,
    );
    req.destroy();
    await left;
    await eventually(
      async () => proxy.exchanges.size,
      (size) => size === 0,
    );
  }
});

test("a client that does not read stops the session's writing", async () => {
  let written = 0;
  answer = (_req, res) => {
    const chunk = Buffer.alloc(MEGABYTE);
    const more = () => {
      let takesMore = true;
      for (; takesMore && written < 200 * MEGABYTE; written += chunk.length) takesMore = res.write(chunk);
    };
    res.on("drain", more);
    more();
  };
  const { req, answered } = ask();
  req.end();
  const res = await answered;
  let before = -1;
  await eventually(
    async () => {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 500));
      return written;
    },
    (now) => now === before,
  );
  expect(written).toBeLessThan(100 * MEGABYTE);
  res.destroy();
});

test("an answer that breaks off is cut for the client", async () => {
  answer = (_req, res) => {
    res.writeHead(200).write("beginning");
    setTimeout(() => res.destroy(), 50);
  };
  const { req, answered } = ask();
  req.end();
  await expect(text(await answered)).rejects.toThrow("aborted");
});
