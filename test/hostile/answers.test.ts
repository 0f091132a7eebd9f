import { describe, expect, test } from "vitest";
import { RawClient, statusOf } from "../harness/raw-http.ts";
import { hostilePlace } from "./place.ts";

/** What runs in a session belongs to its person, not to the operator: its answers are as hostile as any request. */
const place = hostilePlace();

const asked = (bytes: string, headers = "", then = "close") =>
  `GET /raw?then=${then}&bytes=${encodeURIComponent(Buffer.from(bytes, "latin1").toString("base64"))} HTTP/1.1\r\n${place.target.head}${headers}\r\n`;

const LEFT_OVER = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";

describe.each([
  ["a request", ""],
  ["a WebSocket", "Connection: Upgrade\r\nUpgrade: websocket\r\n"],
])("in answer to %s", (_what, headers) => {
  test.each<[string, string]>([
    ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["status 000", "HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n"],
    ["status 099", "HTTP/1.1 099 Early\r\nContent-Length: 0\r\n\r\n"],
    ["status 1000", "HTTP/1.1 1000 Late\r\nContent-Length: 0\r\n\r\n"],
    ["a length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"],
    ["a zero byte in a header", "HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n"],
    ["a space in a header's name", "HTTP/1.1 200 OK\r\nX A: b\r\nContent-Length: 0\r\n\r\n"],
    ["20 KiB of headers", "HTTP/1.1 200 OK\r\nX-A: {pad:20000}\r\nContent-Length: 0\r\n\r\n"],
    ["nothing", ""],
  ])("%s is told as a session that does not answer", async (_name, bytes) => {
    using client = await RawClient.open(place.router.ports.public);
    const answer = await client.send(asked(bytes, headers)).answer();
    expect(answer && statusOf(answer)).toBe(502);
  });

  test.each<[string, string]>([
    ["a control character", "HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nok"],
    ["a raw byte", "HTTP/1.1 200 O\xe4\r\nContent-Length: 2\r\n\r\nok"],
    ["nothing", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"],
  ])("a reason of %s is harmless", async (_name, bytes) => {
    using client = await RawClient.open(place.router.ports.public);
    const answer = await client.send(asked(bytes, headers)).answer();
    expect([answer && statusOf(answer), answer?.body]).toEqual([200, "ok"]);
  });

  test("bytes behind the answer reach nobody's next request", async () => {
    const { router } = place;
    using client = await RawClient.open(router.ports.public);
    const two = `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok${LEFT_OVER}`;
    const answer = await client.send(asked(two, headers, "stay")).answer();
    expect(answer?.body).toBe("ok");
    for (let i = 0; i < 3; i += 1) {
      using next = await RawClient.open(router.ports.public);
      const good = await next.send(`GET /good HTTP/1.1\r\n${place.target.head}\r\n`).answer();
      expect(good?.body).toContain("/good");
    }
  });

  test("an answer that breaks off is cut off for the client, too", async () => {
    using client = await RawClient.open(place.router.ports.public);
    const bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbeginning";
    expect(await client.send(asked(bytes, headers)).answer()).toBeUndefined();
  });
});

test("a change of protocols that nobody asked for ends there", async () => {
  using client = await RawClient.open(place.router.ports.public);
  const bytes = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nevil";
  const answer = await client.send(asked(bytes)).answer();
  expect([answer && statusOf(answer), answer?.body.includes("evil")]).toEqual([502, false]);
});

test("a flood of early hints reaches nobody", async () => {
  using client = await RawClient.open(place.router.ports.public);
  const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(200);
  const answer = await client
    .send(asked(`${hints}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`, "", "stay"))
    .answer();
  expect([answer && statusOf(answer), answer?.body]).toEqual([200, "ok"]);
});
