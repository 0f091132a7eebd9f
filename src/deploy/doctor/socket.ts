import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { WebSocket } from "ws";
import { failed, ok, reasonOf, type Check, type Verdict } from "./check.ts";
import type { Platform } from "./platform.ts";
import { refusal } from "./streams.ts";
import type { Timing } from "./timing.ts";
import type { Answer, Web } from "./web.ts";

const LOOK_MS = 1_000;
const ECHO_MS = 15_000;

const Started = z.object({ hash: z.string(), state: z.string(), message: z.string().nullish() });
const AttachInfo = z.object({ attachUrl: z.url(), attachPassword: z.string() });
const Pty = z.object({ id: z.string() });

interface Caller {
  readonly platform: Platform;
  readonly web: Web;
  readonly token: string;
  readonly timing: Timing;
  readonly signal: AbortSignal;
}

/** Whether a session starts, a terminal attaches to it, and stays attached while nothing happens. */
export const socketChecks = (caller: Caller): Check[] => [
  {
    title: `a session starts, and an attached terminal survives ${caller.timing.silenceMs / 1000} s of silence`,
    run: async () => {
      const created = Started.parse(await api(caller, "POST", "/api/sessions"));
      let verdict: Verdict;
      try {
        await untilRunning(caller, created.hash);
        verdict = await stayAttached(caller, created.hash);
      } catch (cause) {
        verdict = failed(reasonOf(cause));
      }
      const left = await api(caller, "DELETE", `/api/sessions/${created.hash}`).then(
        () => "",
        (cause: unknown) => ` Its session ${created.hash} is still there: ${reasonOf(cause)}`,
      );
      return { ...verdict, sentence: verdict.sentence + left };
    },
  },
];

async function api({ platform, web, token }: Caller, method: string, path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}` };
  const body = method === "POST" ? { body: {} } : {};
  return read(await web.ask(new URL(path, platform.url), { method, headers, ...body }), `${method} ${path}`);
}

function read({ status, text }: Answer, what: string): unknown {
  if (status >= 400 || status < 200) throw new Error(`${what} answers ${status}: ${detailOf(text) ?? refusal(status)}`);
  return text === "" ? undefined : JSON.parse(text);
}

const Problem = z.object({ detail: z.string() });
function detailOf(text: string): string | undefined {
  try {
    return Problem.parse(JSON.parse(text)).detail;
  } catch {
    return undefined; // no answer of the router's
  }
}

async function untilRunning(caller: Caller, hash: string): Promise<void> {
  const end = performance.now() + caller.timing.startMs;
  for (;;) {
    const { state, message } = Started.parse(await api(caller, "GET", `/api/sessions/${hash}`));
    if (state === "running") return;
    if (state === "failed") throw new Error(`A session does not start: ${message}`);
    if (performance.now() > end)
      throw new Error(
        `A session is still ${state} after ${caller.timing.startMs / 1000} s: kubectl describe session ${hash}`,
      );
    await delay(LOOK_MS, undefined, { signal: caller.signal });
  }
}

async function stayAttached(caller: Caller, hash: string): Promise<Verdict> {
  const { web, timing, signal } = caller;
  const info = AttachInfo.parse(await api(caller, "GET", `/api/sessions/${hash}/attach-info`));
  const headers = { authorization: `Basic ${Buffer.from(`opencode:${info.attachPassword}`).toString("base64")}` };
  const pty = await web.ask(new URL("/pty", info.attachUrl), { method: "POST", headers, body: {} });
  const { id } = Pty.parse(read(pty, `${info.attachUrl}/pty`));
  const socket = await web.socket(new URL(`/pty/${id}/connect`, info.attachUrl), headers);
  try {
    return judgeSocket(await keepSilent(socket, timing.silenceMs, signal), timing);
  } finally {
    socket.terminate();
  }
}

/** Milliseconds until the socket was closed or did not answer any more. */
export type Silence =
  | { readonly survived: true }
  | { readonly survived: false; readonly afterMs: number; readonly how: string };

export function judgeSocket(silence: Silence, { silenceMs }: Timing): Verdict {
  if (silence.survived) return ok(`It answers after ${silenceMs / 1000} s of silence.`);
  return failed(
    `The WebSocket ${silence.how} after ${(silence.afterMs / 1000).toFixed(1)} s of silence: something on the way limits idle or upgraded connections.`,
  );
}

async function keepSilent(socket: WebSocket, silenceMs: number, signal: AbortSignal): Promise<Silence> {
  const started = performance.now();
  const over = (how: string): Silence => ({ survived: false, afterMs: performance.now() - started, how });
  socket.on("error", () => {}); // `close` follows
  const closed = once(socket, "close").then(([code]) => `was closed (${code})`);
  const early = await Promise.race([closed, delay(silenceMs, undefined, { signal })]);
  if (early !== undefined) return over(early);
  const answered = once(socket, "message").then(() => undefined);
  // A terminal shows what is typed.
  socket.send("echo still there\n");
  const how = await Promise.race([answered, closed, delay(ECHO_MS, "no longer answers", { ref: false })]);
  return how === undefined ? { survived: true } : over(how);
}
