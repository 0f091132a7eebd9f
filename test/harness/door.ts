import { once } from "node:events";
import { request } from "node:http";
import type { Socket } from "node:net";
import type { Secret } from "../../src/lib/secret.ts";
import { opencodePassword } from "../../src/lib/session-key.ts";

/** The door of a session: sessiond's unix socket, and the key that opens it. */
export interface Door {
  readonly socket: string;
  readonly key: Secret;
}

/** Asks sessiond itself; `key` may be another one than the door's, or none. */
export async function askDoor(
  socketPath: string,
  path: string,
  key: string | undefined,
): Promise<{ status: number; text: string }> {
  const outgoing = request({ socketPath, path, headers: bearer(key), agent: false, timeout: 5_000 });
  outgoing.end();
  const [incoming] = await once(outgoing, "response");
  let text = "";
  for await (const chunk of incoming.setEncoding("utf8")) text += chunk;
  return { status: incoming.statusCode, text };
}

/** Asks for a tunnel; the socket is of use only when the status is 200. */
export async function connectThrough(
  socketPath: string,
  target: string,
  key: string | undefined,
): Promise<{ status: number; socket: Socket }> {
  const outgoing = request({ socketPath, method: "CONNECT", path: target, headers: bearer(key), agent: false });
  outgoing.end();
  const [incoming, socket] = await once(outgoing, "connect");
  return { status: incoming.statusCode, socket };
}

export interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly auth?: string;
  readonly body?: unknown;
}

/** One request through a tunnel to `target`. @throws when the door refuses it */
export async function callThrough(door: Door, target: string, call: Call): Promise<{ status: number; text: string }> {
  const { status, socket } = await connectThrough(door.socket, target, door.key.reveal());
  if (status !== 200) throw new Error(`CONNECT ${target}: ${status}`);
  const outgoing = request({
    createConnection: () => socket,
    method: call.method ?? "GET",
    path: call.path ?? "/",
    ...(call.auth === undefined ? {} : { auth: call.auth }),
    headers: { "content-type": "application/json", connection: "close" },
  });
  outgoing.end(call.body === undefined ? undefined : JSON.stringify(call.body));
  const [incoming] = await once(outgoing, "response");
  let text = "";
  for await (const chunk of incoming.setEncoding("utf8")) text += chunk;
  return { status: incoming.statusCode, text };
}

/** Calls opencode through the door. */
export async function callOpencode(
  door: Door,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: unknown }> {
  const auth = `opencode:${opencodePassword(door.key).reveal()}`;
  const { status, text } = await callThrough(door, "opencode", { method, path, auth, body });
  return { status, json: text === "" ? undefined : JSON.parse(text) };
}

const bearer = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };
