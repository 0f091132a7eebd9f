import { request, type Dispatcher } from "undici";
import { ModelsFault } from "./fault.ts";

export interface AskLimits {
  /** For one try, its body included. */
  readonly answerMs: number;
  /** How often a request is repeated when that may help. */
  readonly retries: number;
  /** Before the first repetition; doubles. */
  readonly firstDelayMs: number;
  /** Who asks us to wait longer than this gets no further request. */
  readonly longestDelayMs: number;
}

export interface AskOptions extends AskLimits {
  readonly dispatcher: Dispatcher;
  /** The end of everything. */
  readonly signal: AbortSignal;
  /** What all bodies of a list may have together, and what those before this one had. */
  readonly maxBytes: number;
  readonly bytesBefore: number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Answer {
  readonly text: string;
  readonly bytes: number;
  readonly contentType: string;
}

/** What came of one try. `again`: whether the next one may end better. */
type Try =
  | { readonly ok: true; readonly answer: Answer }
  | { readonly ok: false; readonly again: boolean; readonly problem: string; readonly waitMs?: number };

/** The answer with status 200 to a GET. @throws ModelsFault */
export async function ask(url: URL, options: AskOptions): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const result = await once(url, options);
    if (result.ok) return result.answer;
    const waitMs = result.waitMs ?? options.firstDelayMs * 2 ** (tries - 1);
    if (result.again && waitMs > options.longestDelayMs)
      throw new ModelsFault(url, `${result.problem} and asks us to wait for ${Math.ceil(waitMs / 1000)} s`);
    if (!result.again || tries > options.retries)
      throw new ModelsFault(url, tries === 1 ? result.problem : `${result.problem}, ${tries} times`);
    try {
      await options.sleep(waitMs, options.signal);
    } catch (cause) {
      // The time for everything is over: what went wrong before says more than that.
      throw new ModelsFault(url, result.problem, { cause });
    }
  }
}

async function once(url: URL, options: AskOptions): Promise<Try> {
  const { dispatcher, signal, answerMs } = options;
  const limit = AbortSignal.timeout(answerMs);
  let hasBegun = false;
  try {
    const answer = await request(url, {
      dispatcher,
      signal: AbortSignal.any([signal, limit]),
      headers: { accept: "application/json", "user-agent": "opencode-router" },
    });
    hasBegun = true;
    if (answer.statusCode !== 200) return refused(answer);
    return await readBody(answer, options);
  } catch (error) {
    if (signal.aborted) return { ok: false, again: false, problem: "it took too long in all" };
    if (limit.aborted) return { ok: false, again: true, problem: `it did not answer within ${answerMs / 1000} s` };
    const problem = hasBegun ? "its answer broke off" : `it cannot be reached (${reasonOf(error)})`;
    return { ok: false, again: true, problem };
  }
}

function refused({ statusCode, headers, body }: Dispatcher.ResponseData): Try {
  // Its text is for browsers. Leaving it unread is an error of the stream, which nobody needs to know.
  body.on("error", () => {}).destroy();
  const again = statusCode === 408 || statusCode === 429 || statusCode >= 500;
  const waitMs = again ? retryAfterMs(headers["retry-after"], Date.now()) : undefined;
  return {
    ok: false,
    again,
    problem: `it answers with status ${statusCode}`,
    ...(waitMs === undefined ? {} : { waitMs }),
  };
}

async function readBody({ headers, body }: Dispatcher.ResponseData, options: AskOptions): Promise<Try> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    // Leaving the loop closes the connection.
    if (options.bytesBefore + bytes > options.maxBytes)
      return { ok: false, again: false, problem: `it is larger than ${options.maxBytes / 1e6} MB` };
    chunks.push(chunk);
  }
  const contentType = String(headers["content-type"] ?? "")
    .replace(/;.*/s, "")
    .trim();
  return { ok: true, answer: { text: Buffer.concat(chunks).toString(), bytes, contentType } };
}

/** Seconds or a date, as in RFC 9110, 10.2.3. */
export function retryAfterMs(header: string | string[] | undefined, now: number): number | undefined {
  if (typeof header !== "string") return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  // Those of the system say it in a word; those of undici do not.
  if (typeof code === "string" && /^(E|CERT_|DEPTH_|SELF_|UNABLE_)[A-Z_]*$/.test(code)) return code;
  return String(message ?? error)
    .split("\n", 1)[0]!
    .slice(0, 200);
}
