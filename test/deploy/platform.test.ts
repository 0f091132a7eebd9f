import { setTimeout as delay } from "node:timers/promises";
import type { V1Namespace, V1Pod, V1ResourceQuota, V1Secret } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { call, eventually, type Answer } from "../harness/http.ts";
import { DOMAIN, WorkingPlatform } from "./harness/working-platform.ts";

const SESSIONS = "opencode-sessions";
const OPENROUTER_KEY = "sk-or-v1-the-key-of-the-team";
const OTHER_KEY = "the-other-key-of-the-team";

let platform: WorkingPlatform;
let alice: string;
let bob: string;
let hash: string;

beforeAll(async () => {
  platform = await WorkingPlatform.start({
    values: {
      "auth.allowedEmails": "alice@example.org,bob@example.org",
      "router.maxRunningPerUser": "5",
    },
    paths: {
      '["sessions.quota"].pods': "1",
      '["sessions.quota"].persistentvolumeclaims': "2",
      '["sessions.limits"].max.memory': "8Gi",
    },
    secrets: { "openrouter.apiKey": OPENROUTER_KEY, "sessions.secretEnv": `{"OTHER_API_KEY":"${OTHER_KEY}"}` },
  });
});
afterAll(() => platform?.[Symbol.asyncDispose]());

const sessionHost = (): string => `${hash}-oc`;

const api = (method: string, path: string, { cookie = alice, body }: { cookie?: string; body?: object } = {}) =>
  platform.call("code", path, {
    method,
    headers: { cookie, ...(body ? { "content-type": "application/json" } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });

const stateOf = async (of = hash): Promise<Session> => (await api("GET", `/api/sessions/${of}`)).json<Session>();

const object = <T>(path: string): Promise<T> => platform.plane.api.get<T>(path);
const inSessions = <T>(path: string): Promise<T> => object(`/api/v1/namespaces/${SESSIONS}/${path}`);

test("people sign in at the edge, and those that the stack does not name stay out", async () => {
  alice = await platform.signIn("alice");
  bob = await platform.signIn("bob");
  const me = await api("GET", "/api/me");
  expect([me.status, me.text]).toEqual([200, expect.stringContaining("alice@example.org")]);
  await expect(platform.signIn("mallory")).rejects.toThrow(/mallory could not sign in: 403/);
});

test("a session that is asked for runs as a pod, within what the stack allows", async () => {
  const made = await api("POST", "/api/sessions", { body: {} });
  expect([made.status, made.text]).toEqual([201, expect.any(String)]);
  ({ hash } = made.json<Session>());
  const session = await eventually(
    () => stateOf(),
    ({ state, url }) => state === "failed" || (state === "running" && url !== null),
  );
  expect(session).toMatchObject({ state: "running", url: expect.stringContaining(platform.url(sessionHost(), "/")) });
  const { metadata } = await object<V1Namespace>(`/api/v1/namespaces/${SESSIONS}`);
  expect(metadata?.labels).toMatchObject({ "pod-security.kubernetes.io/enforce": "restricted" });
  const pod = await inSessions<V1Pod>(`pods/session-${hash}`);
  expect(pod.spec).toMatchObject({ automountServiceAccountToken: false, nodeName: platform.node.name });
  await eventually(
    () => inSessions<V1ResourceQuota>("resourcequotas/sessions"),
    ({ status }) => status?.used?.["pods"] === "1" && status.used["persistentvolumeclaims"] === "1",
  );
});

test("its owner opens it at its own host, and nobody else does", async () => {
  const open = (cookie: string) => platform.call(sessionHost(), "/session", { headers: { cookie } });
  expect(await open(alice)).toMatchObject({ status: 200, text: expect.stringContaining('"id":"ses_') });
  expect((await open(bob)).status).toBe(404);
  expect((await open("")).status).toBe(401);
});

test("a local terminal comes in at the session's attach host, by its password alone", async () => {
  const { command } = (await api("GET", `/api/sessions/${hash}/attach-info`)).json<{ command: string }>();
  const [, password = ""] = / --password (\S+)/.exec(command) ?? [];
  const attach = (word: string) =>
    platform.call(`attach-${sessionHost()}`, "/session", {
      headers: { authorization: `Basic ${Buffer.from(`opencode:${word}`).toString("base64")}` },
    });
  expect((await attach(password)).status).toBe(200);
  expect((await attach(`${password}x`)).status).toBe(401);
});

test("the models and the keys of the stack are opencode's, and the sign-in's token is git's", async () => {
  const answer = await platform.call(sessionHost(), "/config", { headers: { cookie: alice } });
  const config = answer.json<{ provider: Record<string, { options: object; models: Record<string, object> }> }>();
  expect(Object.keys(config.provider["openrouter"]?.models ?? {})).toContain("paid/model-999");
  expect(config.provider["openrouter"]?.options).toMatchObject({ apiKey: OPENROUTER_KEY });
  // Of the processes that were there before this one came.
  const script = `for one in /proc/[0-9]*; do tr '\\0' '\\n' <$one/cmdline | grep -q '^serve$' && tr '\\0' '\\n' <$one/environ; done`;
  const daemon = platform.node.container({ namespace: SESSIONS, name: `session-${hash}` }, "sessiond");
  const has = (line: string) => daemon.exec(["sh", "-c", `(${script}) | grep -qx '${line}'`], 10);
  expect(await has(`OTHER_API_KEY=${OTHER_KEY}`)).toBe(0);
  expect(await has("OTHER_API_KEY=another")).toBe(1);
  const { data = {} } = await inSessions<V1Secret>(`secrets/session-${hash}`);
  expect(Buffer.from(data["github-token"] ?? "", "base64").toString()).toBe("gho_alice");
});

test("what a stranger says of themselves is not believed, at the edge or behind it", async () => {
  const forged = {
    "x-auth-request-email": "alice@example.org",
    "x-edge-secret": "a guess that is long enough to be one",
  };
  for (const host of ["code", sessionHost()])
    expect((await platform.call(host, host === "code" ? "/api/me" : "/session", { headers: forged })).status).toBe(401);
  const direct = await call(platform.router.ports.get("public") ?? 0, "/api/me", {
    headers: { host: `code.${DOMAIN}`, ...forged },
  });
  expect(direct.status).toBeGreaterThanOrEqual(400);
  expect(direct.text).not.toContain("alice@example.org");
});

test("a session too many for the stack says so, and takes nothing from the others", async () => {
  const made = await api("POST", "/api/sessions", { body: {} });
  expect(made.status).toBe(201);
  const { hash: second } = made.json<Session>();
  const failed = await eventually(
    () => stateOf(second),
    ({ state }) => state === "failed" || state === "running",
  );
  expect(JSON.stringify(failed)).toMatch(/quota/i);
  expect((await api("DELETE", `/api/sessions/${second}`)).status).toBeLessThan(300);
  expect((await stateOf()).state).toBe("running");
});

test("another edge secret is taken over while people work, and no request fails", async () => {
  const answers: Promise<number | string>[] = [];
  const note = (answer: Promise<Answer>) => answers.push(answer.then(({ status }) => status, String));
  const stop = new AbortController();
  const asking = (async () => {
    while (!stop.signal.aborted) {
      note(api("GET", "/api/me"));
      note(platform.call(sessionHost(), "/session", { headers: { cookie: alice } }));
      await delay(50);
    }
  })();
  try {
    await platform.up({ secretEpoch: "2" });
    // As the program orders it: routers first, and what Traefik tells them after it.
    const before = platform.router;
    platform.router = await platform.startRouter();
    expect(await before.end()).toBe(0);
    await delay(500);
    await platform.traefik.refresh();
    // Traefik takes up changes every two seconds.
    await delay(4_000);
  } finally {
    stop.abort();
    await asking;
  }
  const statuses = await Promise.all(answers);
  expect(statuses.length).toBeGreaterThan(50);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
});
