import { request as plain, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions } from "node:http";
import { request as secure } from "node:https";
import { connect as connectPlain } from "node:net";
import { connect as connectSecure } from "node:tls";
import { text } from "node:stream/consumers";
import { WebSocket } from "ws";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Where to connect, whatever the host's name leads to; by default to that. */
export interface Address {
  readonly host: string;
  readonly port?: number | undefined;
}

const LIMIT_MS = 20_000;

/** HTTP as a client that keeps nothing and goes nowhere by itself. */
export class Web {
  readonly #address: Address | undefined;

  constructor(address?: Address) {
    this.#address = address;
  }

  /** The whole answer. @throws when there is none within 20 s, or its certificate does not hold */
  async ask(url: URL, options: Ask = {}): Promise<Answer> {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const answer = await this.open(url, options, signal);
    return { status: answer.statusCode ?? 0, headers: answer.headers, text: await text(answer) };
  }

  /** An answer of which only the head has been read. */
  open(url: URL, { method = "GET", headers = {}, body }: Ask, signal: AbortSignal): Promise<IncomingMessage> {
    const json = body === undefined ? {} : { "content-type": "application/json" };
    const options: RequestOptions = {
      ...this.#place(url),
      path: url.pathname + url.search,
      method,
      headers: { host: url.host, ...json, ...headers },
      agent: false,
      signal,
    };
    return new Promise((resolve, reject) => {
      const request = url.protocol === "https:" ? secure(options) : plain(options);
      request
        .on("response", resolve)
        .on("error", (cause) => reject(signal.aborted ? new Error(`${url.host} does not answer.`) : cause));
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** @throws with the status when the upgrade is refused */
  socket(url: URL, headers: Readonly<Record<string, string>>): Promise<WebSocket> {
    const place = this.#place(url);
    const createConnection = () => (url.protocol === "https:" ? connectSecure(place) : connectPlain(place));
    const target = url.href.replace(/^http/, "ws");
    const socket = new WebSocket(target, { headers, createConnection, handshakeTimeout: LIMIT_MS });
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(socket)).once("error", reject);
    });
  }

  #place(url: URL) {
    const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
    return {
      host: this.#address?.host ?? url.hostname,
      port: this.#address?.port ?? port,
      servername: url.hostname,
    };
  }
}
