import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** A message in HTTP/1.1 as its bytes are, in latin1. */
export interface RawMessage {
  readonly startLine: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export class Malformed extends Error {}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Reads one message from the beginning of `bytes` by the letter of RFC 9112, so that what passes here is the same to
 * every server. @returns undefined while it is not whole @throws Malformed
 */
export function readMessage(
  bytes: string,
  { bodyless = false, ended = false } = {},
): { message: RawMessage; rest: string } | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [startLine = "", ...lines] = bytes.slice(0, end).split("\r\n");
  if (!/^\S+ \S+ HTTP\/1\.1$/.test(startLine) && !/^HTTP\/1\.1 \d{3} /.test(startLine))
    throw new Malformed(`start line ${JSON.stringify(startLine)}`);
  const headers = lines.map(readHeader);
  const framing = headers.filter(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  if (framing.length > 1) throw new Malformed("more than one length");
  const [name, value = ""] = framing[0] ?? [];
  const rest = bytes.slice(end + 4);
  if (bodyless) return { message: { startLine, headers, body: "" }, rest };
  if (name === undefined) {
    if (!startLine.startsWith("HTTP/")) return { message: { startLine, headers, body: "" }, rest };
    return ended ? { message: { startLine, headers, body: rest }, rest: "" } : undefined;
  }
  const body = name.toLowerCase() === "content-length" ? readLength(value, rest) : readChunks(value, rest);
  return body && { message: { startLine, headers, body: body.text }, rest: rest.slice(body.length) };
}

function readHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
  if (colon < 1 || !TOKEN.test(name) || !VALUE.test(value)) throw new Malformed(`header ${JSON.stringify(line)}`);
  return [name, value];
}

function readLength(value: string, rest: string): { text: string; length: number } | undefined {
  if (!/^\d+$/.test(value)) throw new Malformed(`length ${JSON.stringify(value)}`);
  const length = Number(value);
  return rest.length < length ? undefined : { text: rest.slice(0, length), length };
}

function readChunks(coding: string, rest: string): { text: string; length: number } | undefined {
  if (coding !== "chunked") throw new Malformed(`coding ${JSON.stringify(coding)}`);
  let [text, at] = ["", 0];
  for (;;) {
    const end = rest.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const size = rest.slice(at, end);
    if (!/^[0-9a-f]+$/i.test(size)) throw new Malformed(`chunk size ${JSON.stringify(size)}`);
    const from = end + 2;
    const length = Number.parseInt(size, 16);
    if (rest.length < from + length + 2) return undefined;
    if (rest.slice(from + length, from + length + 2) !== "\r\n") throw new Malformed("chunk without its end");
    text += rest.slice(from, from + length);
    at = from + length + 2;
    if (length === 0) return { text, length: at };
  }
}

export const statusOf = ({ startLine }: RawMessage): number => Number(startLine.split(" ")[1]);

export const headerOf = ({ headers }: RawMessage, name: string): string | undefined =>
  headers.find(([other]) => other.toLowerCase() === name)?.[1];

/** A TCP connection to 127.0.0.1 on which any bytes can be sent. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  /** What has come and was not read yet, in latin1. */
  received = "";
  ended = false;
  error: string | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (data: Buffer) => {
      this.received += data.toString("latin1");
    });
    socket.on("end", () => {
      this.ended = true;
    });
    socket.on("error", (cause: NodeJS.ErrnoException) => {
      this.error = cause.code;
    });
    socket.on("close", () => {
      this.ended = true;
    });
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new RawClient(socket);
  }

  send(bytes: string): this {
    if (!this.socket.destroyed) this.socket.write(Buffer.from(bytes, "latin1"));
    return this;
  }

  /** The next answer that is not 100, or undefined when the connection ends without one. */
  async answer({ bodyless = false, limitMs = 20_000 } = {}): Promise<RawMessage | undefined> {
    for (const end = Date.now() + limitMs; ; await wait(5)) {
      const read = readMessage(this.received, { bodyless: bodyless || isHeadOnly(this.received), ended: this.ended });
      if (read) {
        this.received = read.rest;
        if (statusOf(read.message) !== 100) return read.message;
      } else if (this.ended) return undefined;
      else if (Date.now() > end) throw new Error(`no answer in time; so far: ${JSON.stringify(this.received)}`);
    }
  }

  async closed(limitMs = 20_000): Promise<void> {
    for (const end = Date.now() + limitMs; !this.ended; await wait(5))
      if (Date.now() > end) throw new Error("the connection was not closed in time");
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

const isHeadOnly = (bytes: string): boolean => /^HTTP\/1\.1 (1\d\d|204|304) /.test(bytes);

/** Sends bytes on a connection of their own. @returns the status of the first answer; "closed" when there is none */
export async function statusFor(port: number, bytes: string): Promise<number | "closed"> {
  using client = await RawClient.open(port);
  const answer = await client.send(bytes).answer();
  return answer ? statusOf(answer) : "closed";
}
