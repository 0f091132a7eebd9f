import { describe, expect, test } from "vitest";
import { requestHeaders, responseHeaders, type RequestRewrite } from "./headers.ts";

const rewrite = (rawHeaders: string[], rest: Partial<RequestRewrite> = {}): RequestRewrite => ({
  method: "GET",
  rawHeaders,
  target: { kind: "port", port: 5173 },
  entrance: "public",
  opencodeAuthorization: "Basic b3BlbmNvZGU6cHc=",
  forwarded: { for: "203.0.113.7", host: "5173-0123456789ab-oc.example.org", proto: "https" },
  ssoCookieName: "_oauth2_proxy",
  upgrade: false,
  ...rest,
});

const FORWARDED = [
  ...["X-Forwarded-For", "203.0.113.7"],
  ...["X-Forwarded-Host", "5173-0123456789ab-oc.example.org"],
  ...["X-Forwarded-Proto", "https"],
];
const FORWARDED_AT = { host: "5173-0123456789ab-oc.example.org", proto: "https" };
const OWN_ORIGIN = "https://5173-0123456789ab-oc.example.org";
const opencode = { target: { kind: "opencode" } } as const;

describe("towards a session", () => {
  const never = [
    "X-Auth-Request-Email",
    "X-Auth-Request-User",
    "X-Auth-Request-Groups",
    "X-Auth-Request-Preferred-Username",
    "X-Auth-Request-Access-Token",
    "X-Auth-Request-Anything-Else",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username",
    "X-Forwarded-Access-Token",
    "X-Edge-Secret",
    "X-Admin-Secret",
    "X-Attach-Password",
    "Forwarded",
    "Keep-Alive",
    "Proxy-Authorization",
    "TE",
    "Trailer",
    "Expect",
  ];
  test.each(never.flatMap((name) => [name, name.toLowerCase(), name.replaceAll("-", "_")]))("%s is dropped", (name) => {
    expect(requestHeaders(rewrite([name, "x", "Accept", "*/*"]))).toEqual(["Accept", "*/*", ...FORWARDED]);
  });
  test("what Connection names is dropped, too", () => {
    expect(requestHeaders(rewrite(["Connection", "close, X-Mine", "X-Mine", "1"]))).toEqual(FORWARDED);
  });
  test("Connection cannot take the Host away", () => {
    expect(requestHeaders(rewrite(["Connection", "Host", "Host", "x"])).slice(0, 2)).toEqual([
      "Host",
      "localhost:5173",
    ]);
  });
  test("a client cannot write forwarding headers", () => {
    const headers = ["X-Forwarded-For", "10.0.0.1", "X-Forwarded-Host", "evil.test", "X_Forwarded_Proto", "gopher"];
    expect(requestHeaders(rewrite(headers))).toEqual(FORWARDED);
  });
  test("cookies of the sign-in and of the router are taken out, others stay", () => {
    const cookie =
      "a=1; _oauth2_proxy=s; _oauth2_proxy_0=s; _oauth2_proxy_csrf=s; _OAUTH2_PROXY_1=s; ocr_ide=t; b=2; _oauth2_proxyx=3";
    expect(requestHeaders(rewrite(["Cookie", cookie]))).toEqual(["Cookie", "a=1; b=2; _oauth2_proxyx=3", ...FORWARDED]);
    expect(requestHeaders(rewrite(["Cookie", "_oauth2_proxy=s"]))).toEqual(FORWARDED);
  });
  test("a dev server gets the client's Authorization, but no token or password of ours", () => {
    const own = ["Authorization", "Bearer abc"];
    expect(requestHeaders(rewrite(own))).toEqual([...own, ...FORWARDED]);
    expect(requestHeaders(rewrite(["authorization", "bearer ocr_abc"]))).toEqual(FORWARDED);
    const attach = Buffer.from(`opencode:0123456789ab.${"A".repeat(43)}`).toString("base64");
    expect(requestHeaders(rewrite(["Authorization", `Basic ${attach}`]))).toEqual(FORWARDED);
  });
  test("opencode gets its own credentials in place of the client's", () => {
    expect(requestHeaders(rewrite(["Authorization", "Bearer abc"], opencode))).toEqual([
      ...FORWARDED,
      ...["Authorization", "Basic b3BlbmNvZGU6cHc="],
    ]);
  });
  test("a dev server sees a host that it knows, opencode the public one", () => {
    expect(requestHeaders(rewrite(["Host", "5173-x.example.org"])).slice(0, 2)).toEqual(["Host", "localhost:5173"]);
    expect(requestHeaders(rewrite(["Host", "x.example.org"], opencode)).slice(0, 2)).toEqual(["Host", "x.example.org"]);
  });
  test("a dev server's own origin fits its host over a WebSocket, and is not told over HTTP", () => {
    const own = ["Origin", OWN_ORIGIN];
    const told = (rest: Partial<RequestRewrite>) => requestHeaders(rewrite(own, rest)).slice(0, 2);
    expect(told({ upgrade: true })).toEqual(["Origin", "http://localhost:5173"]);
    expect(requestHeaders(rewrite(own))).toEqual(FORWARDED);
    expect(told({ ...opencode, upgrade: true })).toEqual(own);
  });
  test("another page's origin is told as it is", () => {
    const other = ["Origin", "https://evil.test"];
    expect(requestHeaders(rewrite(other, { upgrade: true })).slice(0, 2)).toEqual(other);
    expect(requestHeaders(rewrite(other)).slice(0, 2)).toEqual(other);
  });
  test("bodies keep their length, and a POST without a body says so", () => {
    expect(requestHeaders(rewrite(["Transfer-Encoding", "chunked"], { method: "POST" }))).toEqual(FORWARDED);
    const length = ["Content-Length", "7"];
    expect(requestHeaders(rewrite(length, { method: "POST" })).slice(0, 2)).toEqual(length);
    expect(requestHeaders(rewrite([], { method: "POST" })).slice(0, 2)).toEqual(["Content-Length", "0"]);
  });
  test("a framing header with an underscore is dropped and frames nothing", () => {
    const underscored = ["Content_Length", "7", "Transfer_Encoding", "chunked"];
    const sent = requestHeaders(rewrite(underscored, { method: "POST" }));
    expect(sent).toEqual(["Content-Length", "0", ...FORWARDED]);
  });
  test("repeated headers stay as they came", () => {
    const raw = ["X-A", "1", "x-a", "2"];
    expect(requestHeaders(rewrite(raw))).toEqual([...raw, ...FORWARDED]);
  });
});

describe("towards a client", () => {
  const NOT_FRAMED = ["Content-Security-Policy", "frame-ancestors 'self'"];
  const answer = (rawHeaders: string[], rest = {}) =>
    responseHeaders({ rawHeaders, target: { kind: "opencode" }, at: FORWARDED_AT, noReferrer: false, ...rest });
  test("cookies become host-only", () => {
    expect(answer(["Set-Cookie", "a=domain; Domain=.example.org; Path=/; domain = x; Secure"])).toEqual([
      ...["Set-Cookie", "a=domain; Path=/; Secure"],
      ...NOT_FRAMED,
    ]);
  });
  test("opencode's cross-origin permission is not passed on, a dev server's is", () => {
    const cors = ["Access-Control-Allow-Origin", "*"];
    expect(answer(cors)).toEqual(NOT_FRAMED);
    expect(answer(cors, { target: { kind: "port", port: 5173 } })).toEqual(cors);
  });
  test("a dev server's redirect to localhost leads to its public address, opencode's stays", () => {
    const local = ["Location", "http://localhost:5173/x"];
    expect(answer(local, { target: { kind: "port", port: 5173 } })).toEqual(["Location", `${OWN_ORIGIN}/x`]);
    expect(answer(local)).toEqual([...local, ...NOT_FRAMED]);
  });
  test("the connection's own headers end here", () => {
    expect(answer(["Connection", "close", "Transfer-Encoding", "chunked", "X-A", "1"])).toEqual([
      ...["X-A", "1"],
      ...NOT_FRAMED,
    ]);
  });
  test("no other page may show opencode in a frame, whatever opencode says of it", () => {
    const own = ["Content-Security-Policy", "default-src 'self'"];
    expect(answer(own)).toEqual([...own, ...NOT_FRAMED]);
    expect(answer(own, { target: { kind: "port", port: 5173 } })).toEqual(own);
  });
  test("an answer to a password in the URL sets no-referrer", () => {
    expect(answer(["Referrer-Policy", "unsafe-url"], { noReferrer: true })).toEqual([
      ...["Referrer-Policy", "no-referrer"],
      ...NOT_FRAMED,
    ]);
  });
});
