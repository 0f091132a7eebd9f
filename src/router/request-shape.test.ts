import { expect, test } from "vitest";
import { shapeFault, type Head } from "./request-shape.ts";

const head = ({ rawHeaders = [], ...rest }: Partial<Head> = {}): Head => ({
  method: "GET",
  url: "/",
  httpVersion: "1.1",
  rawHeaders: ["Host", "x", ...rawHeaders],
  upgrade: false,
  ...rest,
});
const socket = (rawHeaders: string[], rest: Partial<Head> = {}) =>
  head({ upgrade: true, rawHeaders: ["Connection", "Upgrade", "Upgrade", "websocket", ...rawHeaders], ...rest });

test.each<[string, Head]>([
  ["a plain request", head()],
  ["an odd but clear path", head({ url: "//../%00%zz\\#?" })],
  ["HTTP/1.0", head({ httpVersion: "1.0" })],
  ["a body with a length", head({ method: "POST", rawHeaders: ["Content-Length", "5"] })],
  ["a body in chunks", head({ method: "POST", rawHeaders: ["Transfer-Encoding", "Chunked"] })],
  ["256 headers", head({ rawHeaders: Array.from({ length: 510 }, (_, i) => (i % 2 ? "1" : "A")) })],
  ["a WebSocket", socket([])],
  ["a WebSocket in odd case", head({ upgrade: true, rawHeaders: ["uPgRaDe", "WebSocket"] })],
  ["a WebSocket that says that it has no body", socket(["Content-Length", "0"])],
])("%s passes", (_name, request) => {
  expect(shapeFault(request)).toBeUndefined();
});

test.each<[number, string, Head]>([
  [400, "an absolute URL", head({ url: "http://other/" })],
  [400, "an asterisk", head({ method: "OPTIONS", url: "*" })],
  [400, "HTTP/2.0", head({ httpVersion: "2.0" })],
  [400, "two hosts", head({ rawHeaders: ["host", "y"] })],
  [400, "two lengths", head({ rawHeaders: ["Content-Length", "5", "content-length", "5"] })],
  [400, "a length and chunks", head({ rawHeaders: ["Content-Length", "5", "Transfer-Encoding", "chunked"] })],
  [400, "chunks twice", head({ rawHeaders: ["Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked"] })],
  [400, "another coding", head({ rawHeaders: ["Transfer-Encoding", "gzip, chunked"] })],
  [400, "chunks in HTTP/1.0", head({ httpVersion: "1.0", rawHeaders: ["Transfer-Encoding", "chunked"] })],
  [431, "257 headers", head({ rawHeaders: Array.from({ length: 512 }, (_, i) => (i % 2 ? "1" : "A")) })],
  [400, "an upgrade to HTTP/2", head({ upgrade: true, rawHeaders: ["Upgrade", "h2c"] })],
  [400, "an upgrade to two things", head({ upgrade: true, rawHeaders: ["Upgrade", "websocket", "Upgrade", "h2c"] })],
  [400, "an upgrade by POST", socket([], { method: "POST" })],
  [400, "an upgrade in HTTP/1.0", socket([], { httpVersion: "1.0" })],
  [400, "an upgrade with a body", socket(["Content-Length", "5"])],
  [400, "an upgrade with chunks", socket(["Transfer-Encoding", "chunked"])],
])("%d for %s", (status, _name, request) => {
  expect(shapeFault(request)?.status).toBe(status);
});
