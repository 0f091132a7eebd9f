import { once } from "node:events";
import { failed, ok, type Check, type Verdict } from "./check.ts";
import type { Platform } from "./platform.ts";
import type { Timing } from "./timing.ts";
import type { Web } from "./web.ts";

/** What came of an event stream, and when; undefined: not in time. */
export interface StreamTimes {
  readonly status: number;
  readonly eventMs: number | undefined;
  readonly commentMs: number | undefined;
}

/** Whether events come as they happen. */
export const streamChecks = (
  platform: Platform,
  web: Web,
  { token, timing }: { token: string; timing: Timing },
): Check[] => [
  {
    title: "events come at once, and a sign of life every 15 seconds",
    run: async () => {
      const url = new URL("/api/sessions/stream", platform.url);
      const stop = new AbortController();
      try {
        return judgeStream(await watch({ url, web, token, timing, stop }), timing);
      } finally {
        stop.abort();
      }
    },
  },
];

export function judgeStream({ status, eventMs, commentMs }: StreamTimes, timing: Timing): Verdict {
  if (status !== 200) return failed(`The stream answers ${status}: ${refusal(status)}`);
  if (eventMs === undefined)
    return failed(
      `No event within ${timing.eventMs / 1000} s: something on the way BUFFERS streams. Take compression and buffering off, and any proxy that waits for the end of an answer.`,
    );
  if (commentMs === undefined)
    return failed(
      `No sign of life within ${timing.commentMs / 1000} s after the first event: the stream is held back or cut.`,
    );
  return ok(`First event after ${Math.round(eventMs)} ms, next sign of life after ${Math.round(commentMs / 1000)} s.`);
}

/** Why the API refuses a token. */
export const refusal = (status: number): string =>
  status === 401
    ? "the token is not known, or has ended."
    : status === 403
      ? "the token needs the scopes read and sessions."
      : "see the log of the router.";

interface Watching {
  readonly url: URL;
  readonly web: Web;
  readonly token: string;
  readonly timing: Timing;
  readonly stop: AbortController;
}

async function watch({ url, web, token, timing, stop }: Watching): Promise<StreamTimes> {
  const nothing = { eventMs: undefined, commentMs: undefined };
  const started = performance.now();
  // A proxy that buffers may hold back the head of the answer, too.
  const late = setTimeout(() => stop.abort(), timing.eventMs);
  const headers = { authorization: `Bearer ${token}`, accept: "text/event-stream" };
  const stream = await web.open(url, { headers }, stop.signal).catch((cause: unknown) => {
    if (stop.signal.aborted) return undefined;
    throw cause;
  });
  clearTimeout(late);
  if (stream === undefined) return { status: 200, ...nothing };
  if (stream.statusCode !== 200) return { status: stream.statusCode ?? 0, ...nothing };
  stream.on("error", () => {}); // it is ended by us, or tells nothing more: both are seen by what is missing
  let received = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => (received += chunk));
  const until = async (pattern: RegExp, limitMs: number): Promise<number | undefined> => {
    const signal = AbortSignal.timeout(Math.ceil(limitMs));
    while (!pattern.test(received)) {
      if (signal.aborted || stream.destroyed) return undefined;
      await Promise.race([once(stream, "data", { signal }), once(stream, "close", { signal })]).catch(() => {}); // too late
    }
    return performance.now() - started;
  };
  const eventMs = await until(/^data:/m, Math.max(timing.eventMs - (performance.now() - started), 1));
  if (eventMs === undefined) return { status: 200, ...nothing };
  received = "";
  const commentAt = await until(/^(?::|data:)/m, timing.commentMs);
  return { status: 200, eventMs, commentMs: commentAt === undefined ? undefined : commentAt - eventMs };
}
