import { describe, expect, test } from "vitest";
import { RawClient, statusFor, statusOf } from "../harness/raw-http.ts";
import { hostilePlace } from "./place.ts";

const place = hostilePlace();

/** A request line and headers; `Host` and identity come in place of HEAD. */
const HEAD = "\u0001";
const CHUNKED = `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n`;
const SOCKET =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** Refused for their form, before anybody asks who sent them, on every listener. */
const refused: Record<string, readonly [status: number | "closed", bytes: string]> = {
  "a length and chunks": [
    400,
    `POST / HTTP/1.1\r\n${HEAD}Content-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  ],
  "chunks and a length": [400, `${CHUNKED}Content-Length: 4\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  "chunks twice": [400, `${CHUNKED}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  "chunks, then another coding": [400, `${CHUNKED}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
  "a coding before chunks": [400, `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  "an unknown coding": [400, `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  "a coding in quotes": [400, `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`],
  "a coding after a vertical tab": [400, `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n`],
  "a space before the colon": [400, `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
  "a coding on a folded line": [400, `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`],
  "chunks in HTTP/1.0": [400, `POST / HTTP/1.0\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  "two different lengths": [
    400,
    `POST / HTTP/1.1\r\n${HEAD}Content-Length: 0\r\nContent-Length: 44\r\n\r\n${SMUGGLED}`,
  ],
  "the same length twice": [400, `POST / HTTP/1.1\r\n${HEAD}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
  "a list of lengths": [400, `POST / HTTP/1.1\r\n${HEAD}Content-Length: 5, 5\r\n\r\nhello`],
  "a length with a sign": [400, `POST / HTTP/1.1\r\n${HEAD}Content-Length: +5\r\n\r\nhello`],
  "a negative length": [400, `POST / HTTP/1.1\r\n${HEAD}Content-Length: -1\r\n\r\n`],
  "a hexadecimal length": [400, `POST / HTTP/1.1\r\n${HEAD}Content-Length: 0x5\r\n\r\nhello`],
  "a length beyond all numbers": [400, `POST / HTTP/1.1\r\n${HEAD}Content-Length: 18446744073709551617\r\n\r\na`],
  "bare line feeds": [400, `GET / HTTP/1.1\n${HEAD}\n`],
  "one bare line feed": [400, `GET / HTTP/1.1\r\n${HEAD}X-A: 1\nX-B: 2\r\n\r\n`],
  "a bare carriage return": [400, `GET / HTTP/1.1\r\n${HEAD}X-A: 1\rX-B: 2\r\n\r\n`],
  "a folded header": [400, `GET / HTTP/1.1\r\n${HEAD}X-A: 1\r\n 2\r\n\r\n`],
  "a folded first line": [400, `GET / HTTP/1.1\r\n X-A: 1\r\n${HEAD}\r\n`],
  "HTTP/2 without asking": [400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  "a change to HTTP/2": [
    400,
    `GET / HTTP/1.1\r\n${HEAD}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
  ],
  "HTTP/2.0 in a request line": [400, `GET / HTTP/2.0\r\n${HEAD}\r\n`],
  "HTTP/1.10": [400, `GET / HTTP/1.10\r\n${HEAD}\r\n`],
  "an unknown method": [400, `SMUGGLE / HTTP/1.1\r\n${HEAD}\r\n`],
  "an absolute target": [400, `GET http://localhost/ HTTP/1.1\r\n${HEAD}\r\n`],
  "an asterisk": [400, `OPTIONS * HTTP/1.1\r\n${HEAD}\r\n`],
  "an authority": [400, `GET localhost:80 HTTP/1.1\r\n${HEAD}\r\n`],
  "CONNECT to another host": [405, "CONNECT localhost:22 HTTP/1.1\r\nHost: localhost:22\r\n\r\n"],
  "CONNECT as sessiond knows it": [405, `CONNECT opencode HTTP/1.1\r\n${HEAD}\r\n`],
  "a zero byte in the path": [400, `GET /a\0b HTTP/1.1\r\n${HEAD}\r\n`],
  "a raw byte in the path": [400, `GET /\xff HTTP/1.1\r\n${HEAD}\r\n`],
  "a path of 20 KiB": [431, `GET /${"a".repeat(20 * 1024)} HTTP/1.1\r\n${HEAD}\r\n`],
  "17 KiB of headers": [431, `GET / HTTP/1.1\r\n${HEAD}X-A: ${"a".repeat(17 * 1024)}\r\n\r\n`],
  "2,000 headers": [431, `GET / HTTP/1.1\r\n${HEAD}${"a:1\r\n".repeat(2000)}\r\n`],
  "a length behind 2,000 headers": [
    431,
    `GET / HTTP/1.1\r\n${HEAD}${"a:1\r\n".repeat(2000)}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
  ],
  "two hosts": [400, `GET / HTTP/1.1\r\n${HEAD}Host: localhost\r\n\r\n`],
  "a zero byte in a header": [400, `GET / HTTP/1.1\r\n${HEAD}X-A: a\0b\r\n\r\n`],
  "a control character in a header": [400, `GET / HTTP/1.1\r\n${HEAD}X-A: a\x01b\r\n\r\n`],
  "a raw byte in a header's name": [400, `GET / HTTP/1.1\r\n${HEAD}X\xe4: a\r\n\r\n`],
  "a space in a header's name": [400, `GET / HTTP/1.1\r\n${HEAD}X A: a\r\n\r\n`],
  "a header without a name": [400, `GET / HTTP/1.1\r\n${HEAD}: a\r\n\r\n`],
  "a header without a colon": [400, `GET / HTTP/1.1\r\n${HEAD}nothing\r\n\r\n`],
  "no HTTP at all": [400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
  "an upgrade to something else": [400, `GET /socket HTTP/1.1\r\n${HEAD}Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n`],
  "an upgrade to one of two things": [400, `GET /socket HTTP/1.1\r\n${HEAD}Upgrade: h2c\r\n${SOCKET}\r\n`],
  "an upgrade with a body": [
    400,
    `GET /never HTTP/1.1\r\n${HEAD}${SOCKET}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
  ],
  "an upgrade with chunks": [400, `GET /never HTTP/1.1\r\n${HEAD}${SOCKET}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  "an upgrade by POST": [400, `POST /socket HTTP/1.1\r\n${HEAD}${SOCKET}\r\n`],
  "an upgrade in HTTP/1.0": [400, `GET /socket HTTP/1.0\r\n${HEAD}${SOCKET}\r\n`],
  "an expectation that nobody knows": [
    417,
    `POST / HTTP/1.1\r\n${HEAD}Expect: 200-ok\r\nContent-Length: 5\r\n\r\nhello`,
  ],
};

describe.each(["public", "attach", "internal"] as const)("on the %s listener", (listener) => {
  test.each(Object.entries(refused))("%s is refused, and no session sees it", async (_name, [status, bytes]) => {
    const { router, target } = place;
    expect(await statusFor(router.ports[listener], bytes.replace(HEAD, target.head))).toBe(status);
    expect(await target.seen()).toEqual([]);
  });
});

test("headers that do not come to an end are cut off, and so is a client that says nothing", async () => {
  const { router, target } = place;
  const cutOff = async (port: number) => {
    using client = await RawClient.open(port);
    using silent = await RawClient.open(port);
    client.send(`GET / HTTP/1.1\r\n${target.head}`);
    const dribble = setInterval(() => client.send("X-A: 1\r\n"), 500);
    try {
      const answer = await client.answer();
      await silent.closed();
      return answer && statusOf(answer);
    } finally {
      clearInterval(dribble);
    }
  };
  expect(await Promise.all(Object.values(router.ports).map(cutOff))).toEqual([408, 408, 408]);
});
