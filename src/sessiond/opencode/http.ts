import { request, type IncomingMessage } from "node:http";

export interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
  readonly timeLimitMs: number;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

export interface Origin {
  readonly port: number;
  readonly authorization: string;
}

/** A page of messages with big tool outputs; more than this is an error, not a reason to fill the memory. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** One request on a connection of its own, with a limit on the whole time. */
export function call(origin: Origin, { method, path, body, timeLimitMs, signal }: Call): Promise<Answer> {
  const limit = AbortSignal.timeout(timeLimitMs);
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: "127.0.0.1",
      port: origin.port,
      method,
      path,
      agent: false,
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      headers: {
        authorization: origin.authorization,
        ...(text === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
      },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => void readText(incoming).then(resolveWith(incoming), reject));
    outgoing.end(text);
    function resolveWith(incoming: IncomingMessage): (text: string) => void {
      return (text) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
    }
  });
}

/** Opens an answer that goes on for ever. @throws when the status is not 200 or the signal fires before the headers. */
export function openStream(origin: Origin, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: "127.0.0.1",
      port: origin.port,
      path,
      agent: false,
      signal,
      headers: { authorization: origin.authorization, accept: "text/event-stream" },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      if (incoming.statusCode === 200) return resolve(incoming);
      incoming.resume();
      reject(new Error(`${path} answered ${incoming.statusCode}`));
    });
    outgoing.end();
  });
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error("the answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
