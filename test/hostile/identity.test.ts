import { describe, expect, test } from "vitest";
import { call } from "../harness/http.ts";
import { RawClient, statusFor, statusOf } from "../harness/raw-http.ts";
import { hostilePlace } from "./place.ts";

const place = hostilePlace();

const EDGE = "X-Edge-Secret: edge-secret-of-the-tests\r\n";
const ALICE = "X-Auth-Request-Email: alice@example.org\r\n";

describe("who is asking", () => {
  test.each<[string, string]>([
    ["the edge's secret twice", EDGE + EDGE + ALICE],
    ["a wrong secret, then the right one", `X-Edge-Secret: x\r\n${EDGE}${ALICE}`],
    ["the right secret, then a wrong one", `${EDGE}X-Edge-Secret: x\r\n${ALICE}`],
    ["the right secret, then an empty one", `${EDGE}X-Edge-Secret:\r\n${ALICE}`],
    ["the secret with an underscore", `X_Edge_Secret: edge-secret-of-the-tests\r\n${ALICE}`],
    ["the person twice", EDGE + ALICE + ALICE],
    ["somebody else, then the person", `${EDGE}X-Auth-Request-Email: bob@example.org\r\n${ALICE}`],
    ["nothing, then the person", `${EDGE}X-Auth-Request-Email:\r\n${ALICE}`],
    ["the person with underscores", `${EDGE}X_Auth_Request_Email: alice@example.org\r\n`],
    [
      "the person as another proxy says it",
      `${EDGE}X-Forwarded-Email: alice@example.org\r\nX-Forwarded-User: alice\r\n`,
    ],
    ["two addresses in one", `${EDGE}X-Auth-Request-Email: alice@example.org,alice@example.org\r\n`],
    ["the person on the attach password's way", "X-Attach-Password: x\r\n" + ALICE],
  ])("is nobody with %s", async (_name, headers) => {
    const { router, target } = place;
    for (const host of [router.mainHost(), target.host, router.sessionHost(place.hash)])
      expect(await statusFor(router.ports.public, `GET /api/me HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`)).toBe(401);
    expect(await target.seen()).toEqual([]);
  });

  test("is not changed by an address that only looks the same", async () => {
    const { router, target } = place;
    for (const email of [
      "alice@example.org,",
      "alice@example.org;",
      "\xa0alice@example.org.",
      "\xe4lice@example.org",
    ]) {
      const head = `Host: ${target.host}\r\n${EDGE}X-Auth-Request-Email: ${email}\r\n`;
      expect(await statusFor(router.ports.public, `GET / HTTP/1.1\r\n${head}\r\n`)).toBeOneOf([401, 404]);
    }
    expect(await target.seen()).toEqual([]);
  });
});

describe("a Host header", () => {
  const hosts = (): Record<string, [host: string, status: number]> => {
    const { router, target } = place;
    const [main, port] = [router.mainHost(), target.host];
    return {
      "that is empty": ["", 404],
      "with a person in it": [`alice@${main}`, 404],
      "with a password in it": [`alice:secret@${port}`, 404],
      "with a space": [port.replace(".", " ."), 404],
      "with a path": [`${port}/x`, 404],
      "with a fragment": [`${port}#`, 404],
      "with two ports": [`${port}:80`, 404],
      "with a list": [`${port}, ${main}`, 404],
      "with two dots at the end": [port.replace(/:\d+$/, ".."), 404],
      "with a raw byte": [`\xe4${port}`, 404],
      "of an address": ["[::1]:80", 404],
      "of somebody else": ["evil.test", 404],
      "below ours": [`a.${port}`, 404],
      "that ours is only the beginning of": [`${port.replace(/:\d+$/, "")}.evil.test`, 404],
      "of a port of sessiond": [port.replace(/^\d+/, "4100"), 404],
      "of the agent's own port": [port.replace(/^\d+/, "4096"), 404],
      "of a port below all": [port.replace(/^\d+/, "22"), 404],
      "of a port beyond all": [port.replace(/^\d+/, "65536"), 404],
      "of a port with a zero": [port.replace(/^/, "0"), 404],
    };
  };
  test("that is not exactly one of ours is nothing's", async () => {
    const { router, target } = place;
    for (const [name, [host, status]] of Object.entries(hosts())) {
      const answer = await statusFor(router.ports.public, `GET / HTTP/1.1\r\nHost: ${host}\r\n${EDGE}${ALICE}\r\n`);
      expect([name, answer]).toEqual([name, status]);
    }
    expect(await statusFor(router.ports.public, `GET / HTTP/1.1\r\n${EDGE}${ALICE}\r\n`)).toBe(400);
    expect(await statusFor(router.ports.public, `GET / HTTP/1.0\r\n${EDGE}${ALICE}\r\n`)).toBe(404);
    expect(await target.seen()).toEqual([]);
  });

  test("decides alone: no forwarding header leads elsewhere, or changes an address that is told", async () => {
    const { router, hash, target } = place;
    const forged = {
      "x-forwarded-host": "evil.test",
      "x-forwarded-proto": "https",
      "x-forwarded-port": "444",
      "x-forwarded-for": "10.6.6.6",
      "x-original-host": target.host,
      "x-host": "evil.test",
      "x-original-url": "/api/admin/sessions",
      "x-rewrite-url": "/api/admin/sessions",
      "x-http-method-override": "DELETE",
      forwarded: "host=evil.test;proto=https",
    };
    for (const path of [`/api/sessions/${hash}`, `/api/sessions/${hash}/attach-info`, "/api/openapi.json", "/"]) {
      const plain = await router.api("GET", path);
      const tossed = await router.api("GET", path, { headers: forged });
      const { date: _date, ...headers } = plain.headers;
      expect([tossed.status, tossed.text]).toEqual([plain.status, plain.text]);
      expect(tossed.headers).toMatchObject(headers);
    }
    expect(await target.seen()).toEqual([]);
  });
});

describe("the API", () => {
  const post = (headers: Record<string, string>, path = "/api/sessions", method = "POST") =>
    call(place.router.ports.public, path, {
      method,
      headers: {
        host: place.router.mainHost(),
        ...place.router.identity("alice@example.org"),
        "content-length": "2",
        ...headers,
      },
      body: "{}",
    });
  const own = () => `http://${place.router.mainHost()}`;

  test("carries out nothing that another site's page sends", async () => {
    const { router, target, hash } = place;
    const origins = [
      "https://evil.test",
      "null",
      `http://${target.host}`,
      `http://${router.sessionHost(hash)}`,
      `${own()}.evil.test`,
      `${own()}, https://evil.test`,
      own().replace("http:", "https:"),
      "file://",
      "",
    ];
    for (const origin of origins)
      for (const type of ["text/plain", "application/json", "application/x-www-form-urlencoded"])
        for (const path of ["/api/sessions", `/api/sessions/${hash}/stop`])
          expect([origin, (await post({ origin, "content-type": type }, path)).status]).toEqual([origin, 403]);
    for (const site of ["cross-site", "same-site"])
      expect((await post({ "sec-fetch-site": site, "content-type": "application/json" })).status).toBe(403);
    for (const method of ["PUT", "PATCH", "DELETE"])
      expect((await post({ origin: "https://evil.test" }, `/api/sessions/${hash}`, method)).status).toBe(403);
    expect((await router.session(hash)).state).toBe("running");
  });

  test("takes no form and no plain text, not even from its own page", async () => {
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=a",
      "text/json",
      "application/jsonp",
      "",
    ])
      expect([type, (await post({ origin: own(), "content-type": type })).status]).toEqual([type, 415]);
  });

  test("gives no page of another site leave to read", async () => {
    for (const [method, path] of [
      ["GET", "/api/me"],
      ["OPTIONS", "/api/sessions"],
      ["GET", "/"],
    ] as const) {
      const headers = { origin: "https://evil.test", "access-control-request-method": "POST" };
      const answer = await place.router.api(method, path, { headers });
      expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
    }
  });

  test("is one path, however it is written", async () => {
    const { router, hash } = place;
    const bob = Object.entries(router.identity("bob@example.org"))
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
    const [own, other] = ["/api/me", `/api/sessions/${hash}`];
    for (const path of [
      `/api/sessions/x/%2e%2e/${hash}`,
      `/api/sessions/../sessions/${hash}`,
      `/api/./sessions/${hash}`,
      `//api/sessions/${hash}`,
      `/api//sessions/${hash}`,
      `/api/sessions/%2e%2e/sessions/${hash}`,
      `/api\\sessions\\${hash}`,
      `/api/sessions%2f${hash}`,
      `/%61pi/sessions/${hash}`,
      `/api/sessions/${hash}/..;/status`,
      `/api/sessions/${hash}%00`,
      `/api/sessions/%zz`,
      `${own}/../..${other}`,
      `${own}?/../..${other}`,
      `${own}#/../..${other}`,
    ]) {
      using client = await RawClient.open(router.ports.public);
      const answer = await client.send(`GET ${path} HTTP/1.1\r\nHost: ${router.mainHost()}\r\n${bob}\r\n`).answer();
      expect([path, answer && statusOf(answer) < 500, answer?.body.includes("alice")]).toEqual([path, true, false]);
    }
  });

  test("reads a body up to 1 MiB, and no further", async () => {
    const { router } = place;
    using client = await RawClient.open(router.ports.public);
    const head = `Host: ${router.mainHost()}\r\n${EDGE}${ALICE}Content-Type: application/json\r\n`;
    client.send(`POST /api/sessions HTTP/1.1\r\n${head}Content-Length: 100000000\r\n\r\n`);
    const answer = await client.answer();
    expect(answer && statusOf(answer)).toBe(413);
    using chunked = await RawClient.open(router.ports.public);
    chunked.send(`POST /api/sessions HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n`);
    for (let i = 0; i < 20; i += 1) chunked.send(`10000\r\n${" ".repeat(65_536)}\r\n`);
    const refused = await chunked.answer();
    expect(refused && statusOf(refused)).toBe(413);
  });
});
