import { afterAll, beforeAll, describe, expect, test } from "vitest";
import vectors from "../vectors/hosts.json" with { type: "json" };
import { EDGE_SECRET_HEADER, IDENTITY_HEADERS, RESERVED_HEADERS } from "../../src/contracts/names.ts";
import { RawClient, statusOf } from "../harness/raw-http.ts";
import { EDGE_SECRET } from "../harness/router.ts";
import { COOKIE, DOMAIN, edgePorts, TestEdge } from "./harness/edge.ts";
import { startRecorder, type Recorder } from "./harness/recorder.ts";
import { signedIn } from "./harness/visitor.ts";

const HASH = "0123456789ab";
const PAGE = { accept: "text/html" };

let router: Recorder;
let attach: Recorder;
let edge: TestEdge;
let alice: string;
beforeAll(async () => {
  router = await startRecorder();
  attach = await startRecorder();
  const behind = { router: router.port, attach: attach.port };
  // The worst case: a proxy before Traefik that is believed, and hands on whatever clients say.
  const changes = { trustedIps: ["127.0.0.1"] };
  edge = await TestEdge.start({ ports: await edgePorts(), behind, people: ["alice", "bob"], changes });
  alice = await signedIn(edge, "alice");
  router.seen();
});
afterAll(async () => {
  await edge?.[Symbol.asyncDispose]();
  await router?.[Symbol.asyncDispose]();
  await attach?.[Symbol.asyncDispose]();
});

/** Every reserved header, as somebody says it who wants to be another. */
const forged = (): Record<string, string> =>
  Object.fromEntries(RESERVED_HEADERS.map((name) => [name, "mallory@example.org"]));
const said = (headers: Record<string, string | string[] | undefined>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => RESERVED_HEADERS.includes(name)));

const PUBLIC_HOSTS = ["", `${HASH}-oc`, `ide-${HASH}-oc`, `5173-${HASH}-oc`];

describe("what comes to the router", () => {
  test("is the person of the cookie, whatever the request says besides", async () => {
    for (const host of PUBLIC_HOSTS)
      for (const accept of ["text/html", "*/*", "application/json"]) {
        const headers = { cookie: alice, accept, ...forged(), "x-forwarded-uri": "/oauth2/sign_out" };
        expect((await edge.call(host, "/path?a=b", { headers })).status).toBe(200);
        const [request] = router.seen();
        expect(request?.url).toBe("/path?a=b");
        expect(said(request?.headers ?? {})).toEqual({
          [EDGE_SECRET_HEADER]: EDGE_SECRET,
          [IDENTITY_HEADERS.email]: "alice@example.org",
          [IDENTITY_HEADERS.user]: "alice",
          [IDENTITY_HEADERS.preferredUsername]: "alice",
          // The token of the sign-in is for the main host alone.
          ...(host === "" ? { [IDENTITY_HEADERS.accessToken]: expect.stringMatching(/^[\w.-]{20,}$/) } : {}),
        });
        expect(request?.headers["x-forwarded-uri"]).toBeUndefined();
      }
  });

  test("is nobody on the ways that need no sign-in", async () => {
    const token = { authorization: "Bearer ocr_x" };
    expect((await edge.call("", "/api/me", { headers: { ...forged(), ...token } })).status).toBe(200);
    expect((await edge.call(`5173-${HASH}-oc`, "/", { headers: { ...forged(), ...PAGE } })).status).toBe(200);
    const seen = router.seen();
    expect(seen.map(({ headers }) => said(headers))).toEqual([
      { [EDGE_SECRET_HEADER]: EDGE_SECRET },
      { [EDGE_SECRET_HEADER]: EDGE_SECRET },
    ]);
    expect(seen[0]?.headers.authorization).toBe("Bearer ocr_x");
    expect(
      (await edge.call(`attach-${HASH}-oc`, "/", { headers: { ...forged(), "x-attach-password": "p" } })).status,
    ).toBe(200);
    const [request] = attach.seen();
    expect(said(request?.headers ?? {})).toEqual({});
    expect(request?.headers["x-attach-password"]).toBe("p");
  });

  test("tells its scheme and its client as Traefik knows them", async () => {
    const headers = {
      cookie: alice,
      "x-forwarded-for": "10.6.6.6",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "evil.test",
    };
    await edge.call("", "/", { headers });
    const [request] = router.seen();
    expect(request?.headers).toMatchObject({
      host: edge.host(""),
      // The router believes the last one, which is Traefik's.
      "x-forwarded-for": "10.6.6.6, 127.0.0.1",
      "x-forwarded-proto": "http",
    });
  });
});

describe("whoever is not signed in", () => {
  test("is led to the sign-in when they open a page, and gets 401 for all else", async () => {
    for (const host of ["", `${HASH}-oc`, `ide-${HASH}-oc`]) {
      const page = await edge.call(host, "/", { headers: { ...PAGE, ...forged() } });
      expect([host, page.status]).toEqual([host, 302]);
      expect(page.headers.location).toMatch(new RegExp(`^http://127.0.0.1:${edge.ports.provider}/`));
      const others = [
        edge.call(host, "/"),
        edge.call(host, "/", { method: "POST", headers: { ...PAGE, ...forged() } }),
        edge.call(host, "/", { headers: { accept: "application/json", ...forged() } }),
        edge.call(host, "/", { headers: { ...PAGE, "sec-fetch-mode": "cors" } }),
        edge.call(host, "/", { headers: { cookie: `${COOKIE}=made-up`, ...forged() } }),
      ];
      expect((await Promise.all(others)).map(({ status }) => status)).toEqual(others.map(() => 401));
    }
    expect(router.seen()).toEqual([]);
  });

  test("is not let in by a token's shape where no token counts", async () => {
    const headers = { authorization: "Bearer ocr_x" };
    for (const [host, path] of [
      ["", "/"],
      ["", "/apis"],
      [`${HASH}-oc`, "/api/me"],
    ] as const)
      expect([path, (await edge.call(host, path, { headers })).status]).toEqual([path, 401]);
    expect(router.seen()).toEqual([]);
  });
});

test("every host of the table goes where the router expects it, and any other nowhere", async () => {
  const hosts = vectors.vectors.filter(({ grammar }) => grammar === "team");
  for (const { header, host, why } of hosts) {
    // The table's main host has a name of its own; here it is the domain itself.
    const name = header.replace(/code\.example\.org/i, DOMAIN).replace(/example\.org/i, DOMAIN);
    if (/^(example\.org|.*\.code\.example\.org)$/.test(header)) continue;
    using client = await RawClient.open(edge.ports.web);
    const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: ${name}\r\nCookie: ${alice}\r\n\r\n`).toString("latin1");
    const answer = await client.send(bytes).answer();
    const came = [...router.seen().map(() => "public"), ...attach.seen().map(() => "attach")];
    const kind = (host as { kind: string } | null)?.kind;
    // Traefik does not read the port; the router refuses this one.
    const isLoose =
      header === "code.example.org:http" || header === "code.example.org:123456" || header.trim() !== header;
    const expected = kind === undefined ? (isLoose ? ["public"] : []) : [kind === "attach" ? "attach" : "public"];
    expect([why, came]).toEqual([why, expected]);
    if (expected.length === 0) expect([why, answer && statusOf(answer)]).toEqual([why, expect.toBeOneOf([400, 404])]);
  }
});
