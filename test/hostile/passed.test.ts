import { describe, expect, test } from "vitest";
import { headerOf, RawClient, statusOf, type RawMessage } from "../harness/raw-http.ts";
import { hostilePlace } from "./place.ts";

const place = hostilePlace();

/** Where `Host` and identity of the owner go. */
const HEAD = "\u0001";
const SOCKET = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

/** Sends it as the owner. @returns the status, and the one request that the session saw; it had to be well-formed */
async function passed(bytes: string): Promise<{ status: number | undefined; seen: RawMessage }> {
  const { router, target } = place;
  using client = await RawClient.open(router.ports.public);
  const answer = await client.send(bytes.replace(HEAD, target.head)).answer();
  const events = await target.seen();
  expect(events.map(({ event }) => event)).toEqual(["request"]);
  return { status: answer && statusOf(answer), seen: (events[0] as { request: RawMessage }).request };
}

describe("is harmless: the session sees one well-formed request, as it was meant", () => {
  test.each([
    "//evil.test/",
    "//evil.test/%2e%2e/",
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%5c",
    "/%00",
    "/\\evil.test",
    "/%zz%",
    "/a#b",
    "/a?b=//c&d=\\&e=%0d%0aX:1",
    "/;a=b/http://localhost/",
    `/${"a".repeat(12 * 1024)}`,
  ])("a path: %.40s", async (path) => {
    const { status, seen } = await passed(`GET ${path} HTTP/1.1\r\n${HEAD}\r\n`);
    expect([status, seen.startLine]).toEqual([200, `GET ${path} HTTP/1.1`]);
  });

  const bodies: Record<string, readonly [bytes: string, body: string]> = {
    "an extension of a chunk": [
      `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nZ\r\n0;c\r\n\r\n`,
      "Z",
    ],
    "chunks in odd case": [`POST / HTTP/1.1\r\n${HEAD}transfer-ENCODING:\tcHuNkEd\r\n\r\n1\r\nZ\r\n0\r\n\r\n`, "Z"],
    "a trailer": [
      `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\nZ\r\n0\r\nX-Trailer: 1\r\n\r\n`,
      "Z",
    ],
    "a GET with a body": [`GET / HTTP/1.1\r\n${HEAD}Content-Length: 5\r\n\r\nhello`, "hello"],
    "a GET with chunks": [
      `GET / HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
      "hello",
    ],
    "a DELETE with a body": [`DELETE / HTTP/1.1\r\n${HEAD}Content-Length: 5\r\n\r\nhello`, "hello"],
    "a length with leading zeros": [`POST / HTTP/1.1\r\n${HEAD}Content-Length: 005\r\n\r\nhello`, "hello"],
    "a length with an underscore": [`POST / HTTP/1.1\r\n${HEAD}Content_Length: 44\r\n\r\n`, ""],
    "chunks with an underscore": [
      `POST / HTTP/1.1\r\n${HEAD}Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello`,
      "hello",
    ],
    "Connection that names the length": [
      `POST / HTTP/1.1\r\n${HEAD}Connection: Content-Length\r\nContent-Length: 5\r\n\r\nhello`,
      "hello",
    ],
    "Connection that names the chunks": [
      `POST / HTTP/1.1\r\n${HEAD}Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
      "hello",
    ],
    "an expectation": [`POST / HTTP/1.1\r\n${HEAD}Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello`, "hello"],
    "empty lines before the request": [`\r\n\r\nPOST / HTTP/1.1\r\n${HEAD}Content-Length: 5\r\n\r\nhello`, "hello"],
    "HTTP/1.0": [`POST / HTTP/1.0\r\n${HEAD}Content-Length: 5\r\n\r\nhello`, "hello"],
    "a POST without any length": [`POST / HTTP/1.1\r\n${HEAD}\r\n`, ""],
  };
  test.each(Object.entries(bodies))("%s", async (_name, [bytes, body]) => {
    const { status, seen } = await passed(bytes);
    expect([status, seen.body]).toEqual([200, body]);
    const names = seen.headers.map(([name]) => name.toLowerCase());
    expect(names.filter((name) => /_|expect|trailer|keep-alive/.test(name))).toEqual([]);
    expect(headerOf(seen, "host")).toBe(`localhost:${place.target.port}`);
  });

  test("headers that only the router may write", async () => {
    const forged = [
      "X-Forwarded-For: 10.0.0.1",
      "X-Forwarded-Host: evil.test",
      "X-Forwarded-Proto: gopher",
      "X_Forwarded_Host: evil.test",
      "Forwarded: host=evil.test",
      "X_Auth_Request_Email: mallory@evil.test",
      "x_edge_secret: evil.test",
      "X_Forwarded_User: mallory@evil.test",
      "X-Forwarded-Email: mallory@evil.test",
      "Connection: X-Forwarded-For, X-Forwarded-Host, Host",
      "X-High: \xe4\xff",
    ];
    const { status, seen } = await passed(`GET / HTTP/1.1\r\n${HEAD}${forged.join("\r\n")}\r\n\r\n`);
    expect(status).toBe(200);
    expect(JSON.stringify(seen)).not.toMatch(/evil|mallory|gopher|edge.secret|alice/);
    expect(headerOf(seen, "host")).toBe(`localhost:${place.target.port}`);
    expect(headerOf(seen, "x-forwarded-host")).toBe(place.target.host);
    expect(headerOf(seen, "x-high")).toBe("\xe4\xff");
  });

  test.each([
    ["odd case", "uPgRaDe: WebSocket\r\ncOnNeCtIoN: keep-alive, UPGRADE\r\n"],
    ["a length of zero", "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n"],
  ])("a WebSocket with %s", async (_name, headers) => {
    const { status, seen } = await passed(`GET /socket HTTP/1.1\r\n${HEAD}${headers}${SOCKET}\r\n`);
    expect([status, headerOf(seen, "upgrade"), headerOf(seen, "connection")]).toEqual([101, "websocket", "Upgrade"]);
  });

  test.each([
    ["Upgrade without Connection", "Upgrade: websocket\r\n"],
    ["Connection without Upgrade", "Connection: Upgrade\r\n"],
  ])("%s is a plain request", async (_name, headers) => {
    const { status, seen } = await passed(`GET /socket HTTP/1.1\r\n${HEAD}${headers}${SOCKET}\r\n`);
    expect([status, headerOf(seen, "upgrade")]).toEqual([200, undefined]);
  });
});

describe("requests one after the other on one connection", () => {
  const request = (path: string, headers: Record<string, string>) =>
    `GET ${path} HTTP/1.1\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("")}\r\n`;

  test("are decided one by one: no identity, session or host leaks into the next", async () => {
    const { router, target } = place;
    const [alice, bob] = [router.identity("alice@example.org"), router.identity("bob@example.org")];
    using client = await RawClient.open(router.ports.public);
    client.send(
      [
        request("/of-alice", { Host: target.host, ...alice }),
        request("/of-nobody", { Host: target.host }),
        request("/of-bob", { Host: target.host, ...bob }),
        request("/api/me", { Host: router.mainHost(), ...bob }),
        request("/nowhere", { Host: "evil.test", ...alice }),
        request("/api/me", { Host: router.mainHost() }),
        request("/again", { Host: target.host, ...alice }),
      ].join(""),
    );
    const answers: (RawMessage | undefined)[] = [];
    for (let i = 0; i < 7; i += 1) answers.push(await client.answer());
    expect(answers.map((answer) => answer && statusOf(answer))).toEqual([200, 401, 404, 200, 404, 401, 200]);
    expect(answers[3]?.body).toContain('"email":"bob@example.org"');
    const seen = (await target.seen()) as { request: RawMessage }[];
    expect(seen.map(({ request: { startLine } }) => startLine.split(" ")[1]).toSorted()).toEqual([
      "/again",
      "/of-alice",
    ]);
  });

  test("on the attach listener need the password each", async () => {
    const { router, hash } = place;
    const info = (await router.api("GET", `/api/sessions/${hash}/attach-info`)).json<{ attachPassword: string }>();
    const host = { Host: router.attachHost(hash) };
    using client = await RawClient.open(router.ports.attach);
    client.send(
      request("/global/health", { ...host, "X-Attach-Password": info.attachPassword }) +
        request("/global/health", host),
    );
    const answers = [await client.answer(), await client.answer()];
    expect(answers.map((answer) => answer && statusOf(answer))).toEqual([200, 401]);
  });

  test("are cut when a WebSocket follows a request that has no answer yet", async () => {
    const { router, target } = place;
    using client = await RawClient.open(router.ports.public);
    const upgrade = `GET /socket HTTP/1.1\r\n${target.head}Connection: Upgrade\r\nUpgrade: websocket\r\n${SOCKET}\r\n`;
    client.send(`GET /never HTTP/1.1\r\n${target.head}\r\n${upgrade}`);
    expect(await client.answer()).toBeUndefined();
    expect(JSON.stringify(await target.seen())).not.toContain("/socket");
  });

  test("are cut, and not answered in place of the first, when no request follows it", async () => {
    const { router, target } = place;
    using client = await RawClient.open(router.ports.public);
    client.send(`GET /never HTTP/1.1\r\n${target.head}\r\nthis is no request\r\n\r\n`);
    await client.closed();
    expect(client.received).toBe("");
  });
});
