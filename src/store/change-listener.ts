import pg from "pg";
import { z } from "zod";
import { backoffMs } from "../lib/backoff.ts";
import { systemClock, type Clock } from "../lib/clock.ts";
import { FanOut } from "../lib/fan-out.ts";
import type { Log } from "../lib/log.ts";
import type { AnnouncedTable, StoreChange } from "../sessions/store.ts";
import { CHANNEL } from "./announce.ts";

const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 5_000;
/** A connection that broke without a word is found by asking. */
const ASK_EVERY_MS = 10_000;
const RETRY = { firstMs: 100, maxMs: 5_000 };

const TABLES: readonly AnnouncedTable[] = ["sessions", "messages", "port_shares", "tokens", "user_secrets"];

const Notice = z.object({ table: z.enum(TABLES), key: z.string().optional(), by: z.string() });

export interface ListenerOptions {
  readonly databaseUrl: string;
  /** Name under which this router writes: what it announces itself is no news to it. */
  readonly self: string;
  readonly log: Log;
  readonly clock?: Clock;
}

/** Hears what other routers write, over a connection of its own that is made again whenever it is lost. */
export class ChangeListener {
  readonly changes = new FanOut<StoreChange>();
  readonly #options: ListenerOptions;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(options: ListenerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** @throws when the first connection cannot be made. */
  static async open(options: ListenerOptions): Promise<ChangeListener> {
    const listener = new ChangeListener(options);
    listener.#running = listener.#run(await listener.#connect());
    return listener;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(first: pg.Client): Promise<void> {
    const { signal } = this.#closing;
    const { log } = this.#options;
    let client: pg.Client | undefined = first;
    for (let failures = 0; !signal.aborted;) {
      if (client) await this.#untilLost(client);
      if (signal.aborted) return;
      failures = client ? 1 : failures + 1;
      log.warn({ failures }, "store.listener-lost");
      await this.#clock.sleep(backoffMs(RETRY, failures), signal).catch(() => {}); // closing: the loop ends
      client = await this.#connect().catch(() => undefined);
      // Nobody knows what was announced meanwhile.
      if (client) for (const table of TABLES) this.changes.publish({ table });
    }
    await client?.end().catch(() => {}); // it was lost in the same moment
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#options.databaseUrl,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
      application_name: this.#options.self,
    });
    // Without a listener the loss of the connection would end the process; `#untilLost` has one more.
    client.on("error", () => {});
    client.on("notification", ({ payload }) => this.#hear(payload));
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      return client;
    } catch (cause) {
      void client.end().catch(() => {}); // it was never there
      throw cause;
    }
  }

  /** Resolves when the connection is lost, or is not wanted any more. */
  async #untilLost(client: pg.Client): Promise<void> {
    const lost = new AbortController();
    client.once("error", () => lost.abort()).once("end", () => lost.abort());
    const over = AbortSignal.any([lost.signal, this.#closing.signal]);
    while (!over.aborted) {
      await this.#clock.sleep(ASK_EVERY_MS, over).catch(() => {}); // over: the loop ends
      if (!over.aborted) await client.query("select 1").catch(() => lost.abort());
    }
    const ended = client.end().catch(() => {}); // that is what was wanted
    // A connection that does not answer any more does not say goodbye either.
    if (this.#closing.signal.aborted) await Promise.race([ended, this.#clock.sleep(1_000)]);
  }

  #hear(payload: string | undefined): void {
    const notice = Notice.safeParse(parseJson(payload));
    // Something else on our channel, or a newer router's table.
    if (!notice.success) return this.#options.log.debug({ payload }, "store.notice-not-understood");
    const { table, key, by } = notice.data;
    if (by !== this.#options.self) this.changes.publish(key === undefined ? { table } : { table, key });
  }
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
