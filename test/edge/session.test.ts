import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RESERVED_HEADERS } from "../../src/contracts/names.ts";
import { open } from "../harness/http.ts";
import { nextMessage, openSocket } from "../harness/web-socket.ts";
import type { Echo } from "../programs/echo-server.ts";
import { COOKIE } from "./harness/edge.ts";
import { EdgePlace } from "./harness/place.ts";
import { Visitor } from "./harness/visitor.ts";

const MB = 1024 * 1024;
/** What takes the sign-in's cookie from a browser. */
const REMOVED = new RegExp(`${COOKIE}=; [^,]*(?:expires=Thu, 01 Jan 1970|max-age=0)`, "i");

let place: EdgePlace;
beforeAll(async () => {
  // As behind a tunnel, which tells the client's address.
  place = await EdgePlace.start({ changes: { tunnel: true } });
  await place.startSession();
});
afterAll(() => place?.[Symbol.asyncDispose]());

const headersOf = ({ rawHeaders }: Echo): [string, string][] =>
  rawHeaders.flatMap((name, i) =>
    i % 2 === 0 ? [[name.toLowerCase(), rawHeaders[i + 1] ?? ""] as [string, string]] : [],
  );

/** Every way to write a reserved header with some underscore in it, in the words of somebody else. */
const underscored = (name: string): Record<string, string> =>
  Object.fromEntries(
    RESERVED_HEADERS.flatMap((header) => [
      [header.replaceAll("-", "_"), name],
      [header.replace("-", "_"), name],
      [header.replace(/-(?=[^-]*$)/, "_"), name],
    ]),
  );
const forged = (email: string): Record<string, string> => ({
  ...Object.fromEntries(RESERVED_HEADERS.map((name) => [name, email])),
  ...underscored(email),
});

describe("identity that a client claims for itself", () => {
  test("opens no door", async () => {
    const { edge, hash } = place;
    const doors = [
      ["", "/api/me"],
      ["", "/api/admin/sessions"],
      [`${hash}-oc`, "/session"],
      [`ide-${hash}-oc`, "/"],
      [place.portHost(place.echo), "/"],
      [`attach-${hash}-oc`, "/session"],
    ] as const;
    for (const [host, path] of doors) {
      const headers = { ...forged("alice@example.org"), accept: "application/json" };
      expect([host, (await edge.call(host, path, { headers })).status]).toEqual([host, 401]);
      expect([host, await openSocket(edge.ports.web, path, { host: edge.host(host), ...headers })]).toEqual([
        host,
        401,
      ]);
    }
    const token = { authorization: "Bearer ocr_made-up", ...forged("alice@example.org") };
    expect((await edge.call("", "/api/me", { headers: token })).status).toBe(401);
  });

  test("makes nobody out of somebody else, and reaches no dev server", async () => {
    const { edge, hash, echo, bob, alice } = place;
    const me = await edge.call("", "/api/me", { headers: { cookie: bob, ...forged("alice@example.org") } });
    expect(me.json()).toMatchObject({ email: "bob@example.org", admin: false });
    const other = { cookie: bob, ...forged("alice@example.org") };
    expect((await edge.call(`${hash}-oc`, "/session", { headers: other })).status).toBe(404);
    const own = await edge.call(place.portHost(echo), "/", {
      headers: { cookie: alice, ...forged("bob@example.org") },
    });
    const arrived = headersOf(own.json<Echo>());
    expect(arrived.filter(([name, value]) => /^x[-_](auth|edge|admin)/.test(name) || value.includes("bob@"))).toEqual(
      [],
    );
    expect(JSON.stringify(arrived)).not.toContain(COOKIE);
  });
});

describe("a person", () => {
  test("lands where they started, on the main host and on a session's", async () => {
    const { edge, hash } = place;
    for (const url of [edge.url("", "/sessions/x?a=b&c=%2F"), edge.url(`${hash}-oc`, "/some/path?q=1")]) {
      const landed = await new Visitor(edge).open(url, "alice");
      expect([landed.url, landed.answer.status]).toEqual([url, 200]);
    }
  });

  test("who is not on the list is refused, and is nobody afterwards", async () => {
    const mallory = new Visitor(place.edge);
    const { answer } = await mallory.open(place.edge.url("", "/"), "mallory");
    expect(answer.status).toBe(403);
    expect((await place.edge.call("", "/api/me", { headers: { cookie: mallory.cookie } })).status).toBe(401);
  });

  test("is nobody any more after the sign-out", async () => {
    const { edge } = place;
    const visitor = new Visitor(edge);
    await visitor.open(edge.url("", "/"), "bob");
    expect((await edge.call("", "/api/me", { headers: { cookie: visitor.cookie } })).status).toBe(200);
    const back = edge.url("", "/");
    const out = await visitor.ask(new URL(edge.url("oauth", `/oauth2/sign_out?rd=${encodeURIComponent(back)}`)));
    expect([out.status, out.headers.location]).toEqual([302, back]);
    expect(visitor.cookie).not.toContain(COOKIE);
    expect((await edge.call("", "/api/me", { headers: { cookie: visitor.cookie } })).status).toBe(401);
    // Nobody is led from there to another site.
    const away = await visitor.ask(new URL(edge.url("oauth", "/oauth2/sign_out?rd=https%3A%2F%2Fevil.test")));
    expect(away.headers.location).toBe("/");
  });

  test("uses a token without a cookie, and no other token", async () => {
    const { token } = (await place.api("POST", "/api/user/tokens", { body: { name: "ci", scopes: ["read"] } })).json<{
      token: string;
    }>();
    const me = (value: string) => place.edge.call("", "/api/me", { headers: { authorization: `Bearer ${value}` } });
    expect((await me(token)).json()).toMatchObject({ email: "alice@example.org" });
    // Whoever guesses is slowed down by their own address, and slows nobody else.
    const guess = (from: string, value: string) =>
      place.edge.call("", "/api/me", { headers: { authorization: `Bearer ${value}`, "cf-connecting-ip": from } });
    for (let i = 0; i < 10; i += 1) expect((await guess("203.0.113.6", `ocr_wrong${i}`)).status).toBe(401);
    expect((await guess("203.0.113.6", token)).status).toBe(429);
    expect((await guess("203.0.113.7", token)).status).toBe(200);
  });
});

describe("a port that is shared with everybody", () => {
  test("is open to strangers, knows who is signed in, and is told the client's address", async () => {
    const { edge, echo } = place;
    const host = place.portHost(echo);
    const page = { accept: "text/html", "cf-connecting-ip": "203.0.113.9" };
    const before = await edge.call(host, "/page?x=1", { headers: page });
    expect(before.status).toBe(302);
    expect(before.headers.location).toContain(encodeURIComponent(edge.url(host, "/page?x=1")));
    await place.share(echo, "public");
    try {
      const after = await edge.call(host, "/page?x=1", { headers: { ...page, ...forged("alice@example.org") } });
      expect(after.status).toBe(200);
      expect(headersOf(after.json<Echo>())).toContainEqual(["x-forwarded-for", "203.0.113.9"]);
      expect((await edge.call(host, "/", { method: "POST" })).status).toBe(200);
      expect((await edge.call(host, "/", { headers: { cookie: place.bob } })).status).toBe(200);
      // A cookie that is worth nothing hides the page once: the answer removes it.
      const stale = await edge.call(host, "/", { headers: { cookie: `${COOKIE}=run-out` } });
      expect([stale.status, String(stale.headers["set-cookie"])]).toEqual([401, expect.stringMatching(REMOVED)]);
    } finally {
      await place.share(echo, "owner");
    }
    expect((await edge.call(host, "/")).status).toBe(401);
  });

  test("leads a stranger to the sign-in and back when it is shared with those who are signed in", async () => {
    const { edge, echo } = place;
    const url = edge.url(place.portHost(echo), "/page?x=1&y=2");
    await place.share(echo, "authenticated");
    try {
      const landed = await new Visitor(edge).open(url, "bob");
      expect([landed.url, landed.answer.json<Echo>().url]).toEqual([url, "/page?x=1&y=2"]);
    } finally {
      await place.share(echo, "owner");
    }
    const refused = await new Visitor(edge).open(url, "bob");
    expect([refused.url, refused.answer.status]).toEqual([url, 404]);
  });
});

describe("what lasts", () => {
  const asAlice = (port: number) => ({ host: place.edge.host(place.portHost(port)), cookie: place.alice });

  test("the first event of a stream comes while the stream is still open", async () => {
    const { edge, dev } = place;
    const stream = await open(edge.ports.web, "/events", { headers: asAlice(dev) });
    const [first] = (await once(stream, "data")) as [Buffer];
    expect(first.toString()).toBe("data: 1\n\n");
    await edge.call(place.portHost(dev), "/second-event", { headers: { cookie: place.alice } });
    expect(await text(stream)).toBe("data: 2\n\n");
    const list = await open(edge.ports.web, "/api/sessions/stream", {
      headers: { host: edge.host(""), cookie: place.alice, accept: "text/event-stream" },
    });
    expect(String((await once(list, "data"))[0])).toContain("event: sessions");
    list.destroy();
  });

  test("a WebSocket passes both ways", async () => {
    const socket = await openSocket(place.edge.ports.web, "/socket", asAlice(place.echo));
    if (typeof socket === "number") throw new Error(`refused with ${socket}`);
    expect(JSON.parse(await nextMessage(socket))).toMatchObject({ method: "GET", url: "/socket" });
    socket.send("hello");
    expect(await nextMessage(socket)).toBe("hello");
    socket.close();
    expect(await openSocket(place.edge.ports.web, "/", { ...asAlice(place.echo), cookie: place.bob })).toBe(404);
  });

  test("a body of 100 MB arrives whole, and comes back whole", async () => {
    const { edge, dev } = place;
    const host = place.portHost(dev);
    const upload = request({ port: edge.ports.web, path: "/up", method: "POST", headers: asAlice(dev), agent: false });
    const answered = once(upload, "response");
    await edge.call(host, "/read", { headers: { cookie: place.alice } });
    for (let sent = 0; sent < 100; sent += 1) if (!upload.write(Buffer.alloc(MB, "u"))) await once(upload, "drain");
    upload.end();
    const [answer] = await answered;
    expect(await text(answer)).toBe(String(100 * MB));
    const download = await open(edge.ports.web, `/down?bytes=${100 * MB}`, { headers: asAlice(dev) });
    let bytes = 0;
    for await (const chunk of download) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(100 * MB);
  });
});

describe("attach", () => {
  test("works by password alone, and without one not even for the owner", async () => {
    const { edge, hash, alice } = place;
    const info = await place.api("GET", `/api/sessions/${hash}/attach-info`);
    const { attachUrl, attachPassword } = info.json<{ attachUrl: string; attachPassword: string }>();
    expect(attachUrl).toBe(edge.url(`attach-${hash}-oc`, ""));
    const attach = (headers: Record<string, string>, path = "/session") =>
      edge.call(`attach-${hash}-oc`, path, { headers });
    const basic = { authorization: `Basic ${Buffer.from(`opencode:${attachPassword}`).toString("base64")}` };
    expect((await attach(basic)).status).toBe(200);
    expect((await attach({ "x-attach-password": attachPassword })).status).toBe(200);
    const refused = await attach({ cookie: alice, ...forged("alice@example.org") });
    expect([refused.status, refused.headers["www-authenticate"]]).toEqual([401, 'Basic realm="opencode"']);
    const events = await open(edge.ports.web, "/event", {
      headers: { host: edge.host(`attach-${hash}-oc`), ...basic },
    });
    expect(String((await once(events, "data"))[0])).toContain("server.connected");
    events.destroy();
  });

  /** Each request says from which address it comes, as the tunnel does. */
  const ask = (from: string, headers = {}) =>
    place.edge.call(`attach-${place.hash}-oc`, "/session", { headers: { "cf-connecting-ip": from, ...headers } });

  test("is limited for each address by its rate", async () => {
    await place.edge.apply({ attachLimits: { requestsPerSecond: 1, burst: 3, inFlight: 128 } });
    try {
      const many = async (from: string) => Promise.all(Array.from({ length: 20 }, () => ask(from)));
      await expect
        .poll(async () => (await many("203.0.113.20")).some(({ status }) => status === 429), { timeout: 20_000 })
        .toBe(true);
      expect((await ask("203.0.113.21")).status).toBe(401);
    } finally {
      await place.edge.apply();
    }
  });

  test("is limited for each address by what is open at once", async () => {
    const { edge, hash } = place;
    const info = await place.api("GET", `/api/sessions/${hash}/attach-info`);
    const password = { "x-attach-password": info.json<{ attachPassword: string }>().attachPassword };
    await edge.apply({ attachLimits: { requestsPerSecond: 1000, burst: 1000, inFlight: 2 } });
    const from = "203.0.113.30";
    const headers = { host: edge.host(`attach-${hash}-oc`), "cf-connecting-ip": from, ...password };
    const streams = await Promise.all([1, 2].map(() => open(edge.ports.web, "/event", { headers })));
    try {
      // Streams that were open before the limit was known do not count.
      await expect
        .poll(
          async () => {
            streams.push(await open(edge.ports.web, "/event", { headers }));
            return streams.at(-1)?.statusCode;
          },
          { timeout: 20_000 },
        )
        .toBe(429);
      expect((await ask(from, password)).status).toBe(429);
      expect((await ask("203.0.113.31", password)).status).toBe(200);
    } finally {
      for (const stream of streams) stream.destroy();
      await edge.apply();
    }
  });
});
