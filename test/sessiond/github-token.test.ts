import { existsSync } from "node:fs";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { SessionFolder } from "../harness/sessiond.ts";

let session: SessionFolder;
beforeEach(async () => void (session = await SessionFolder.create()));
afterEach(() => session[Symbol.asyncDispose]());

const socket = (): string => session.path("git.sock");

async function start(env: NodeJS.ProcessEnv = {}): Promise<void> {
  await session.start({ GIT_CREDENTIAL_SOCKET: socket(), ...env });
  await eventually(async () => {
    if (!existsSync(socket()) || !existsSync(session.socket)) throw new Error(session.errors);
  });
}

async function password(): Promise<string | undefined> {
  const asked = connect(socket());
  asked.end("protocol=https\nhost=github.com\n");
  return /^password=(.*)$/m.exec(await text(asked))?.[1];
}

interface Put {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly method?: string;
}

async function put(body: string, { key = session.key.reveal(), method = "PUT", headers }: Put = {}): Promise<number> {
  const outgoing = request({
    socketPath: session.socket,
    path: "/github-token",
    method,
    headers: { authorization: `Bearer ${key}`, ...(headers ?? { "content-length": Buffer.byteLength(body) }) },
    agent: false,
  });
  outgoing.end(body);
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  answer.resume();
  return answer.statusCode ?? 0;
}

test("the first token comes with the start, another one by the door, and neither is told to anybody but git", async () => {
  await start({ SESSIOND_GITHUB_TOKEN: "gho_first" });
  expect(await password()).toBe("gho_first");
  expect(await put('{"token":"gho_second"}')).toBe(204);
  expect(await password()).toBe("gho_second");
  expect(await put('{"token":null}')).toBe(204);
  expect(await password()).toBeUndefined();
  expect(await put('{"token":"gho_third"}')).toBe(204);
  const key = session.key.reveal();
  for (const path of ["/report", "/status"]) expect((await session.get(path, key)).text).not.toContain("gho_");
  expect((await session.get("/github-token", key)).status).toBe(404);
  await session.stop();
  expect(session.errors).not.toContain("gho_");
  expect(existsSync(socket())).toBe(false);
});

test("what is not such a body, or comes without the key, changes nothing", async () => {
  await start({ SESSIOND_GITHUB_TOKEN: "gho_first" });
  for (const body of [
    "",
    "gho_x",
    "null",
    "{}",
    '{"token":7}',
    '{"token":""}',
    '{"token":"gho_x y"}',
    '{"token":"gho_x\\nhost=evil.example"}',
    '{"token":"gho_x","more":1}',
    JSON.stringify({ token: "x".repeat(5000) }),
    JSON.stringify({ token: "x".repeat(100_000) }),
  ])
    expect([body.slice(0, 40), await put(body)]).toEqual([body.slice(0, 40), 400]);
  expect(await put('{"token":"gho_x"}', { headers: { "transfer-encoding": "chunked" } })).toBe(400);
  expect(await put('{"token":"gho_x"}', { key: "another" })).toBe(401);
  expect(await put('{"token":"gho_x"}', { method: "POST" })).toBe(404);
  expect(await password()).toBe("gho_first");
});

test("it starts with what cannot be a token, and takes the place of what a killed one left", async () => {
  await start({ SESSIOND_GITHUB_TOKEN: "gho_x\nhost=evil.example" });
  expect(await password()).toBeUndefined();
  await session.kill();
  expect(existsSync(socket())).toBe(true);
  await session.start({ GIT_CREDENTIAL_SOCKET: socket(), SESSIOND_GITHUB_TOKEN: "gho_again" });
  await eventually(async () => expect(await password()).toBe("gho_again"));
});
