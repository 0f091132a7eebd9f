import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { Secret } from "../lib/secret.ts";
import { opencodePassword } from "../lib/session-key.ts";
import type { Observed, Runtime, SessionSpec } from "./runtime.ts";

/** A runtime with a real sessiond and a real opencode, and what a test must do and see beside it. */
export interface RuntimeFixture extends AsyncDisposable {
  readonly runtime: Runtime;
  /** Whether sessions live only as long as what runs them. */
  readonly sessionsEndWithRuntime: boolean;
  /** A new session; blank unless told otherwise. */
  spec(change?: Partial<SessionSpec>): SessionSpec;
  /** Forgets the runtime as a kill -9 of the router does, and makes another over the same sessions; `adopt` is for the caller. */
  replaceRuntime(): Promise<Runtime>;
  /** From now on opencode does not start. */
  breakAgent(): Promise<void>;
  killSessiond(hash: SessionHash): Promise<void>;
  /** What runs of the session, also what was once seen to come from it. */
  processes(hash: SessionHash): Promise<string[]>;
  /** What else there is of it: files, sockets, objects. */
  remains(hash: SessionHash): Promise<string[]>;
}

const DEADLINE_MS = 90_000;

export async function eventually<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  while (Date.now() < deadline) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await delay(20);
  }
  throw new Error(`never happened: ${what}`);
}

/** The processes of a session without those that come and go: a child of opencode that is not yet what it will be. */
export async function lasting(fixture: RuntimeFixture, hash: SessionHash): Promise<string[]> {
  let last: string[] | undefined;
  return eventually("two looks in a row see the same processes", async () => {
    await delay(100);
    const [before, now] = [last, await fixture.processes(hash)];
    last = now;
    return isDeepStrictEqual(before, now) ? now : undefined;
  });
}

export async function settled(runtime: Runtime, hash: SessionHash): Promise<Observed> {
  return await eventually("the start settles", () => {
    const observed = runtime.observe(hash);
    return ["running", "failed", "absent"].includes(observed.phase) ? observed : undefined;
  });
}

export async function startAndWait(runtime: Runtime, spec: SessionSpec): Promise<void> {
  runtime.start(spec);
  expect(await settled(runtime, spec.hash)).toEqual({ phase: "running" });
}

export interface Call {
  readonly runtime: Runtime;
  readonly hash: SessionHash;
  readonly key: Secret;
}

/** Opens the door of the session to opencode. */
async function openDoor({ runtime, hash, key }: Call): Promise<Socket> {
  const socket = await runtime.connect(hash);
  const headers = { authorization: `Bearer ${key.reveal()}` };
  const asked = request({ createConnection: () => socket, method: "CONNECT", path: "opencode", headers }).end();
  const [response, door] = (await once(asked, "connect")) as [IncomingMessage, Socket];
  expect(response.statusCode).toBe(200);
  return door;
}

/** Calls opencode of a session through the door. */
export async function callOpencode(
  call: Call,
  path: string,
  body?: unknown,
): Promise<{ status: number; text: string }> {
  const door = await openDoor(call);
  const auth = `opencode:${opencodePassword(call.key).reveal()}`;
  const headers = { "content-type": "application/json" };
  const asked = request({
    createConnection: () => door,
    path,
    auth,
    headers,
    method: body === undefined ? "GET" : "POST",
  });
  asked.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const answer = { status: response.statusCode ?? 0, text: await text(response) };
  door.destroy();
  return answer;
}
