import type { IncomingMessage } from "node:http";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { createParser } from "eventsource-parser";
import type { SessionsEvent } from "../../src/contracts/stream.ts";
import { FanOut } from "../../src/lib/fan-out.ts";
import { open } from "../harness/http.ts";
import type { TestRouter } from "../harness/router.ts";

export type List = SessionsEvent["data"];

/** A list as it came. */
export interface Arrival {
  readonly list: List;
  /** Of `performance.now`. */
  readonly at: number;
}

/** One open tab of one person: reads `GET /api/sessions/stream` and keeps every list. */
export class ListClient {
  readonly email: string;
  readonly arrivals: Arrival[] = [];
  readonly #res: IncomingMessage;
  readonly #came = new FanOut<Arrival>();

  private constructor(email: string, res: IncomingMessage) {
    this.email = email;
    this.#res = res;
    const parser = createParser({
      onEvent: ({ data }) => {
        const arrival = { list: JSON.parse(data) as List, at: performance.now() };
        this.arrivals.push(arrival);
        this.#came.publish(arrival);
      },
    });
    res.setEncoding("utf8").on("data", (text: string) => parser.feed(text));
    // A router that goes down cuts its streams.
    res.on("error", () => {});
  }

  /** Resolves when the first list is there. */
  static async open(router: TestRouter, email: string): Promise<ListClient> {
    const headers = { host: router.mainHost(), ...router.identity(email) };
    const res = await open(router.ports.public, "/api/sessions/stream", { headers });
    if (res.statusCode !== 200) throw new Error(`the stream of ${email} answered ${res.statusCode}`);
    const client = new ListClient(email, res);
    await client.next(() => true);
    return client;
  }

  get last(): List {
    const last = this.arrivals.at(-1);
    if (!last) throw new Error("no list has come");
    return last.list;
  }

  /** The first list from now on that is as asked for. */
  next(good: (list: List) => boolean): Promise<Arrival> {
    return new Promise((resolve) => {
      const live = this.#came.subscribe((arrival) => {
        if (!good(arrival.list)) return;
        live[Symbol.dispose]();
        resolve(arrival);
      });
    });
  }

  async close(): Promise<void> {
    if (this.#res.closed) return;
    const closed = once(this.#res, "close");
    this.#res.destroy();
    await closed;
  }
}
