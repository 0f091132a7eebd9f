import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { sendJson, startFakeApiServer, type SeenCall } from "../../../test/harness/fake-api-server.ts";
import { ClusterClient, KINDS, type WatchEvent } from "./cluster-client.ts";
import { constantToken } from "./cluster-credentials.ts";
import type { ClusterSource } from "./cluster-source.ts";
import type { KubeObject } from "./object-cache.ts";

type Answer = (res: ServerResponse, call: SeenCall) => void | Promise<void>;

interface Options {
  readonly path?: string;
  readonly timeoutMs?: number;
  readonly token?: ClusterSource["token"];
}

const { pods, sessions } = KINDS;
const sendObject: Answer = (res) => sendJson(res, 200, { kind: "Pod" });
const missing = { kind: "Status", code: 404, reason: "NotFound", message: `pods "a" not found` };

async function open(answer: Answer = sendObject, { path = "/", token, timeoutMs }: Options = {}) {
  const server = await startFakeApiServer(answer);
  const told: string[] = [];
  const client = new ClusterClient({
    source: { server: new URL(path, server.url), tls: {}, ...(token ? { token } : {}) },
    namespace: "ns",
    onCall: (...call) => told.push(call.filter(Boolean).join(" ")),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  onTestFinished(async () => {
    await client.close();
    await server[Symbol.asyncDispose]();
  });
  return { client, server, told, calls: server.calls };
}

function watchOf(client: ClusterClient, signal = new AbortController().signal, onOpen?: () => void) {
  return client.watch<KubeObject>(pods, {
    resourceVersion: "7",
    labelSelector: "a=b,c",
    timeoutSeconds: 240,
    signal,
    ...(onOpen ? { onOpen } : {}),
  });
}

async function collect(events: AsyncIterable<WatchEvent<KubeObject>>): Promise<WatchEvent<KubeObject>[]> {
  const all: WatchEvent<KubeObject>[] = [];
  for await (const event of events) all.push(event);
  return all;
}

test("each call is what the API expects of it, and is told as RBAC names it", async () => {
  const { client, calls, told } = await open((res, { method, url }) =>
    sendJson(res, 200, method === "GET" && url.includes("?") ? { metadata: { resourceVersion: "1" }, items: [] } : {}),
  );
  await client.get(pods, "a");
  await client.list(pods, { labelSelector: "a=b,c in (d)", limit: 500, continue: "x/y+z=" });
  await client.create(sessions, { spec: {} });
  await client.replace(pods, "a", { spec: {} });
  await client.patch(sessions, "a", { body: { status: {} }, subresource: "status" });
  await client.delete(pods, "a", { uid: "u", propagation: "Foreground", graceSeconds: 5 });
  const inPods = "/api/v1/namespaces/ns/pods";
  const inSessions = "/apis/opencode-router.dev/v1alpha1/namespaces/ns/sessions";
  expect(calls.map(({ method, url, headers }) => [method, url, headers["content-type"]])).toEqual([
    ["GET", `${inPods}/a`, undefined],
    ["GET", `${inPods}?labelSelector=a%3Db%2Cc+in+%28d%29&limit=500&continue=x%2Fy%2Bz%3D`, undefined],
    ["POST", inSessions, "application/json"],
    ["PUT", `${inPods}/a`, "application/json"],
    ["PATCH", `${inSessions}/a/status`, "application/merge-patch+json"],
    ["DELETE", `${inPods}/a`, "application/json"],
  ]);
  for (const { headers } of calls) {
    expect(headers.accept).toBe("application/json");
    expect(headers["accept-encoding"]).toBeUndefined();
    expect(headers.authorization).toBeUndefined();
  }
  expect(JSON.parse(calls.at(-1)?.body ?? "")).toEqual({
    apiVersion: "v1",
    kind: "DeleteOptions",
    preconditions: { uid: "u" },
    propagationPolicy: "Foreground",
    gracePeriodSeconds: 5,
  });
  expect(told).toEqual([
    "get pods",
    "list pods",
    "create sessions",
    "update pods",
    "patch sessions status",
    "delete pods",
  ]);
});

test("a server below a path keeps its path", async () => {
  const { client, calls } = await open(sendObject, { path: "/k8s/clusters/c1/" });
  await client.get(pods, "a");
  expect(calls[0]?.url).toBe("/k8s/clusters/c1/api/v1/namespaces/ns/pods/a");
});

test("no name leads anywhere else", async () => {
  const { client, calls } = await open();
  await client.get(pods, "../secrets/a?b#c%2f");
  expect(calls[0]?.url).toBe("/api/v1/namespaces/ns/pods/..%2Fsecrets%2Fa%3Fb%23c%252f");
  for (const name of ["", ".", ".."]) {
    await expect(client.get(pods, name)).rejects.toThrow("is no name of an object");
    await expect(client.delete(pods, name)).rejects.toThrow("is no name of an object");
  }
  expect(calls).toHaveLength(1);
});

test("what is not there is absent where that is an answer", async () => {
  const { client } = await open((res) => sendJson(res, 404, missing));
  expect(await client.get(pods, "a")).toBeUndefined();
  expect(await client.delete(pods, "a")).toBe("absent");
  await expect(client.patch(pods, "a", { body: {} })).rejects.toMatchObject({
    kind: "notFound",
    message: missing.message,
  });
});

test("a refused token is looked at again, and the answer names no token", async () => {
  let reads = 0;
  let valid = "first";
  let known: string | undefined;
  const token: ClusterSource["token"] = {
    get: () => {
      if (known === undefined) reads += 1;
      known ??= valid;
      return constantToken(known).get();
    },
    forget: () => void (known = undefined),
  };
  const { client, calls } = await open(
    (res, { headers }) => sendJson(res, headers.authorization === `Bearer ${valid}` ? 200 : 401, {}),
    { token },
  );
  await client.get(pods, "a");
  valid = "second";
  const refused: Error = await client.get(pods, "a").then(
    () => new Error("not refused"),
    (error: Error) => error,
  );
  expect(refused).toMatchObject({ kind: "unauthorised", call: "get pods/a" });
  expect(JSON.stringify([refused, refused.stack])).not.toMatch(/first|second/);
  await client.get(pods, "a");
  expect(reads).toBe(2);
  expect(calls.map(({ headers }) => headers.authorization)).toEqual(["Bearer first", "Bearer first", "Bearer second"]);
});

test("a token that cannot be read is told as what it is", async () => {
  const token = { get: () => Promise.reject(new Error("/token cannot be read: ENOENT")), forget() {} };
  const { client } = await open(sendObject, { token });
  await expect(client.get(pods, "a")).rejects.toMatchObject({
    kind: "transient",
    message: "/token cannot be read: ENOENT",
  });
});

test.each<[string, Answer, object]>([
  ["429", (res) => sendJson(res.setHeader("retry-after", "7"), 429, {}), { kind: "tooMany", retryAfterMs: 7000 }],
  ["503", (res) => sendJson(res, 503, "<h1>No</h1>"), { kind: "transient", status: 503 }],
  ["a page", (res) => sendJson(res, 200, "<h1>Hello</h1>"), { kind: "transient", status: 200 }],
  [
    "a redirect",
    (res) => void res.writeHead(302, { location: "/elsewhere" }).end(),
    { kind: "transient", status: 302 },
  ],
  ["a reset", (res) => void res.destroy(), { kind: "transient" }],
  ["half an answer", halfAnAnswer, { kind: "transient" }],
  ["silence", () => {}, { kind: "transient", message: "no answer within 0.3 s" }],
  ["half an answer, then silence", (res) => void res.write(`{"a":`), { kind: "transient" }],
])("%s is an error of its kind", async (_, answer, expected) => {
  const { client, calls } = await open(answer, { timeoutMs: 300 });
  await expect(client.create(pods, {})).rejects.toMatchObject({ name: "ApiError", call: "create pods", ...expected });
  expect(calls).toHaveLength(1);
});

async function halfAnAnswer(res: ServerResponse): Promise<void> {
  res.writeHead(200, { "content-length": "100" }).write(`{"a":`);
  await delay(50);
  res.destroy();
}

test("nobody there is transient", async () => {
  const { client, server } = await open();
  await server[Symbol.asyncDispose]();
  await expect(client.get(pods, "a")).rejects.toMatchObject({ kind: "transient" });
});

test("a watch asks for bookmarks, and gives events as they come, though their bytes come in any pieces", async () => {
  const big = { type: "ADDED", object: { metadata: { name: "big" }, text: "ä€😀".repeat(300_000) } };
  const events = [{ type: "ADDED", object: { metadata: { name: "ä" } } }, big, { type: "BOOKMARK", object: {} }];
  const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  const { client, calls, told } = await open(async (res) => {
    res.writeHead(200, { "content-type": "application/json" });
    const cuts = [0, 1, 30, ...Array.from({ length: 70 }, (_, n) => 31 + n)];
    for (const [n, cut] of cuts.entries()) res.write(bytes.subarray(cuts[n - 1] ?? 0, cut));
    for (let start = 100; start < bytes.length; start += 65_537) {
      res.write(bytes.subarray(start, start + 65_537));
      await new Promise(setImmediate);
    }
    res.end();
  });
  expect(await collect(watchOf(client))).toEqual(events);
  const query = new URL(calls[0]?.url ?? "", "http://x").searchParams;
  expect(Object.fromEntries(query)).toEqual({
    resourceVersion: "7",
    labelSelector: "a=b,c",
    timeoutSeconds: "240",
    watch: "true",
    allowWatchBookmarks: "true",
  });
  expect(told).toEqual(["watch pods"]);
});

test("an event is given before the next one comes, and a silent watch has no time limit", async () => {
  let say: (text: string) => void = () => {};
  let events: AsyncGenerator<WatchEvent<KubeObject>> | undefined;
  const { client } = await open(
    (res) => {
      res.writeHead(200).flushHeaders();
      say = (text) => void res.write(text);
    },
    { timeoutMs: 200 },
  );
  const opened = new Promise<void>((resolve) => {
    events = watchOf(client, undefined, resolve);
  });
  const first = events?.next();
  await opened;
  await delay(500);
  say(`{"type":"BOOKMARK","object":{}}\n`);
  expect(await first).toEqual({ done: false, value: { type: "BOOKMARK", object: {} } });
});

test.each<[string, Answer, object]>([
  ["refused", (res) => sendJson(res, 410, { kind: "Status", code: 410, message: "too old" }), { kind: "gone" }],
  ["never answered", () => {}, { kind: "transient", message: "no answer within 0.3 s" }],
  ["cut within an object", cutWithin, { kind: "transient" }],
  ["ended within an object", (res) => void res.end(`{"type":`), { kind: "transient", message: /within an object/ }],
  ["no JSON", (res) => void res.end("<html>\n"), { kind: "transient", message: /not JSON/ }],
])("a watch that is %s throws", async (_, answer, { message = /./, ...expected }: { message?: string | RegExp }) => {
  const { client } = await open(answer, { timeoutMs: 300 });
  const failed = collect(watchOf(client));
  await expect(failed).rejects.toMatchObject({ name: "ApiError", call: "watch pods", ...expected });
  await expect(failed).rejects.toThrow(message);
});

async function cutWithin(res: ServerResponse): Promise<void> {
  res.write(`{"type":"BOOKMARK","object":{}}\n{"type":"ADD`);
  await delay(50);
  res.destroy();
}

test("a watch ends with the signal, and with whoever reads it, for the server too", async () => {
  let watching = 0;
  const { client } = await open((res) => {
    watching += 1;
    res.once("close", () => {
      watching -= 1;
    });
    res.write(`{"type":"BOOKMARK","object":{}}\n`);
  });
  const stop = new AbortController();
  const all = collect(watchOf(client, stop.signal));
  for await (const _ of watchOf(client)) break;
  await expect.poll(() => watching).toBe(1);
  stop.abort();
  expect(await all).toHaveLength(1);
  await expect.poll(() => watching).toBe(0);
});

test("calls share connections, and a burst opens only so many", async () => {
  let most = 0;
  const { client, server } = await open(async (res) => {
    most = Math.max(most, server.connections());
    await delay(5);
    sendJson(res, 200, {});
  });
  await client.get(pods, "a");
  await client.get(pods, "b");
  expect(most).toBeLessThanOrEqual(2);
  await Promise.all(Array.from({ length: 300 }, (_, n) => client.create(pods, { n })));
  expect(server.calls).toHaveLength(302);
  expect(most).toBeLessThanOrEqual(64);
  expect(most).toBeGreaterThan(10);
});

test("what is under way when the client is closed fails, and closing twice is closing", async () => {
  const { client } = await open(() => {});
  const call = client.get(pods, "a").catch((error: unknown) => error);
  const events = collect(watchOf(client)).catch((error: unknown) => error);
  await delay(50);
  await Promise.all([client.close(), client.close()]);
  expect(await call).toMatchObject({ kind: "transient" });
  expect(await events).toMatchObject({ kind: "transient" });
});
