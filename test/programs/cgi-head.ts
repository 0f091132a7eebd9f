import type { ServerResponse } from "node:http";
import { Transform, type TransformCallback } from "node:stream";

const END = "\r\n\r\n";

/** Takes the header lines off the output of a CGI program, sets them on the response, and passes the body on. */
export class CgiHead extends Transform {
  readonly #res: ServerResponse;
  #head: Buffer | undefined = Buffer.alloc(0);

  constructor(res: ServerResponse) {
    super();
    this.#res = res;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (!this.#head) return done(null, chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf(END);
    if (end < 0) return done();
    const body = this.#head.subarray(end + END.length);
    this.#setHeaders(this.#head.toString("latin1", 0, end));
    this.#head = undefined;
    done(null, body);
  }

  #setHeaders(head: string): void {
    for (const line of head.split("\r\n")) {
      const colon = line.indexOf(":");
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      if (name === "status") this.#res.statusCode = Number.parseInt(value, 10);
      else this.#res.setHeader(name, value);
    }
  }
}
