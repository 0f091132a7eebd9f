import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { API } from "../../src/router/access/table.ts";
import { call, open, readEvents } from "../harness/http.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";

let router: TestRouter;
beforeAll(async () => {
  router = await startRouter();
});
afterAll(() => router?.[Symbol.asyncDispose]());

describe("the main host in local mode", () => {
  test("knows the one person, and lets no cache keep that", async () => {
    const me = await router.api("GET", "/api/me");
    expect(me.headers["cache-control"]).toBe("no-store");
    expect(me.json()).toMatchObject({
      email: "local@localhost",
      limits: { maxSessions: 20 },
    });
  });

  test("serves the UI with a strict policy, for every page of it", async () => {
    for (const path of ["/", "/new", "/sessions/0123456789ab"]) {
      const page = await router.api("GET", path);
      expect(page.status).toBe(200);
      expect(page.headers["content-security-policy"]).toContain("frame-ancestors 'none'");
      expect(page.text).toContain("<script");
    }
    const script = /src="(\/assets\/[^"]+)"/.exec((await router.api("GET", "/")).text)?.[1] ?? "";
    const asset = await router.api("GET", script);
    expect([asset.status, asset.headers["content-type"]]).toEqual([200, "text/javascript; charset=utf-8"]);
    expect(asset.headers["cache-control"]).toContain("immutable");
  });

  test("a file that is not there is not a page, and no path leads out of the UI", async () => {
    for (const path of [
      "/assets/gone.js",
      "/../package.json",
      "/%2e%2e/package.json",
      "/..%2fpackage.json",
      "//etc/passwd.txt",
    ])
      expect([path, (await router.api("GET", path)).status]).toEqual([path, 404]);
    expect((await router.api("POST", "/")).status).toBe(405);
  });

  test("only our host names are answered (DNS rebinding)", async () => {
    for (const host of ["evil.test", "127.0.0.1", `localhost.evil.test:${router.ports.public}`, "[::1]"])
      for (const path of ["/", "/api/sessions", "/api/me"])
        expect((await call(router.ports.public, path, { headers: { host } })).status).toBe(404);
  });
});

describe("the API", () => {
  test("describes itself", async () => {
    const document = (await router.api("GET", "/api/openapi.json")).json<{
      openapi: string;
      paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
    }>();
    expect(document.openapi).toBe("3.1.0");
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const undescribed = "GET /api/openapi.json";
    expect([...routes, undescribed].toSorted()).toEqual(Object.keys(API).toSorted());
    expect(Object.keys(document.paths["/api/sessions"]?.post?.responses ?? {})).toContain("422");
  });

  test("answers problems in the field's own form", async () => {
    const missing = await router.api("GET", "/api/nothing");
    expect([missing.status, missing.headers["content-type"]]).toEqual([404, "application/problem+json"]);
    expect(missing.json()).toMatchObject({ status: 404, code: "not_found", title: "Not found" });
    for (const hash of ["ffffffffffff", "nonsense", "0123456789AB"])
      for (const [method, rest] of [
        ["GET", ""],
        ["POST", "/stop"],
        ["DELETE", ""],
        ["GET", "/events"],
      ] as const) {
        const answer = await router.api(method, `/api/sessions/${hash}${rest}`);
        expect([hash, method, answer.status, answer.json<{ code: string }>().code]).toEqual([
          hash,
          method,
          404,
          "not_found",
        ]);
      }
  });

  test("event streams have the headers that proxies need, and start with a snapshot", async () => {
    const res = await open(router.ports.public, "/api/sessions/stream", { headers: { host: router.mainHost() } });
    expect(res.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    expect(res.headers["content-length"]).toBeUndefined();
    res.destroy();
    const [first] = await readEvents(router.ports.public, "/api/sessions/stream", {
      headers: { host: router.mainHost() },
      until: () => true,
    });
    expect(first).toEqual({ event: "sessions", data: { email: "local@localhost", sessions: [] } });
  });
});

describe("the internal listener", () => {
  test("tells health and metrics", async () => {
    expect((await call(router.ports.internal, "/healthz")).status).toBe(200);
    expect((await call(router.ports.internal, "/readyz")).status).toBe(200);
    const metrics = await call(router.ports.internal, "/metrics");
    expect(metrics.headers["content-type"]).toContain("text/plain");
    expect(metrics.text).toContain('opencode_router_sessions{state="running"} 0');
  });

  test("is not reached through the other listeners", async () => {
    for (const path of ["/healthz", "/readyz", "/metrics", "/internal/sessions/0123456789ab/report"]) {
      const answer = await router.api("GET", path);
      // The app's page answers unknown paths; nothing of the router's own may be in it.
      expect(answer.text).not.toContain("opencode_router_sessions");
      expect((await call(router.ports.attach, path)).status).toBe(401);
    }
  });
});

test("bytes that no client should send bring nothing down", async () => {
  const { connect } = await import("node:net");
  const send = (port: number, bytes: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
      let answer = "";
      socket.on("data", (chunk) => {
        answer += String(chunk);
      });
      socket.on("error", () => resolve(answer)).on("close", () => resolve(answer));
    });
  const hostile = [
    "GET // HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET http:// HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /api/sessions/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "POST /api/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "\u0016\u0003\u0001",
  ];
  for (const port of Object.values(router.ports))
    for (const bytes of hostile)
      for (const name of ["localhost", "ffffffffffff-oc.localhost", "attach-ffffffffffff-oc.localhost"])
        await send(port, bytes.replace("Host: localhost", `Host: ${name}`));
  expect((await router.api("GET", "/api/me")).status).toBe(200);
  expect(router.output).not.toContain('"msg":"unhandled"');
});
