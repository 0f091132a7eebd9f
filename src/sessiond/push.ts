import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { reportPath } from "../contracts/names.ts";
import type { SessionReport } from "../contracts/status.ts";
import { backoffMs } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Secret } from "../lib/secret.ts";
import type { RouterAddress } from "./config.ts";

interface Ports {
  readonly clock: Clock;
  readonly log: Log;
  readonly router: RouterAddress;
  readonly hash: string;
  readonly sessionKey: Secret;
  readonly report: () => SessionReport;
  /** All addresses that a host name leads to; default: what the system says. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
}

const COALESCE_MS = 150;
const HEARTBEAT_MS = 15_000;
const TIME_LIMIT_MS = 5_000;
const RETRY = { firstMs: 500, maxMs: 5_000 };

/** Tells the routers the whole state, each that the name of their service leads to: on change and on a heartbeat, one push at a time. Those that are away do no harm. */
export class Pusher {
  readonly #ports: Ports;
  #changed = true;
  #wake = new AbortController();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Something in the report changed. */
  changed(): void {
    this.#changed = true;
    this.#wake.abort();
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.#ports.router.kind === "none") return;
    for (let failures = 0; !signal.aborted;) {
      this.#changed = false;
      const pushed = await this.#push(TIME_LIMIT_MS, signal);
      if (!pushed.ok && failures === 0) this.#ports.log.warn({ why: pushed.why }, "push to the router failed");
      failures = pushed.ok ? 0 : failures + 1;
      // The first of several changes is told at once, the others together.
      const pauseMs = pushed.ok ? COALESCE_MS : backoffMs(RETRY, failures);
      await this.#ports.clock.sleep(pauseMs, signal).catch(ignoreAbort);
      if (pushed.ok) await this.#heartbeat(signal);
    }
  }

  /** One last push, as well as it goes. */
  async last(timeLimitMs: number): Promise<void> {
    if (this.#ports.router.kind !== "none") await this.#push(timeLimitMs);
  }

  async #heartbeat(signal: AbortSignal): Promise<void> {
    if (this.#changed || signal.aborted) return;
    this.#wake = new AbortController();
    await this.#ports.clock.sleep(HEARTBEAT_MS, AbortSignal.any([signal, this.#wake.signal])).catch(ignoreAbort);
  }

  async #push(timeLimitMs: number, signal?: AbortSignal): Promise<Pushed> {
    const base = await routerUrl(this.#ports.router);
    if (base === undefined) return { ok: false, why: "the router's address is not known" };
    const limit = AbortSignal.timeout(timeLimitMs);
    if (!URL.canParse(base)) return { ok: false, why: "the router's address is not a URL" };
    const url = new URL(reportPath(this.#ports.hash), base);
    const { sessionKey, report, resolve = addressesOf } = this.#ports;
    const addresses = await resolve(url.hostname.replace(/^\[(.*)\]$/, "$1")).catch((cause: Error) => cause.message);
    if (typeof addresses === "string") return { ok: false, why: addresses };
    const body = JSON.stringify(report());
    const content = { body, sessionKey, signal: signal === undefined ? limit : AbortSignal.any([limit, signal]) };
    const pushed = await Promise.all(addresses.map((address) => post(url, address, content)));
    // One router that has it is enough: another that did not take it gets the next heartbeat, with everything in it.
    return pushed.find(({ ok }) => ok) ?? pushed[0] ?? { ok: false, why: "the router's name has no address" };
  }
}

interface Content {
  readonly body: string;
  readonly sessionKey: Secret;
  readonly signal: AbortSignal;
}

async function addressesOf(hostname: string): Promise<string[]> {
  const found = await lookup(hostname, { all: true });
  return [...new Set(found.map(({ address }) => address))];
}

type Pushed = { readonly ok: true } | { readonly ok: false; readonly why: string };

function post(url: URL, address: string, content: Content): Promise<Pushed> {
  return new Promise((resolve) => {
    const outgoing = request({
      host: address,
      port: url.port || 80,
      path: url.pathname,
      method: "POST",
      agent: false,
      signal: content.signal,
      headers: {
        host: url.host,
        authorization: `Bearer ${content.sessionKey.reveal()}`,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(content.body),
      },
    });
    outgoing.on("error", (error) => resolve({ ok: false, why: error.message }));
    outgoing.on("response", (incoming) => {
      incoming.resume();
      const status = incoming.statusCode ?? 0;
      resolve(status >= 200 && status < 300 ? { ok: true } : { ok: false, why: `the router answered ${status}` });
    });
    outgoing.end(content.body);
  });
}

async function routerUrl(router: RouterAddress): Promise<string | undefined> {
  if (router.kind === "fixed") return router.url;
  if (router.kind === "none") return undefined;
  const text = await readFile(router.path, "utf8").catch(() => "");
  return text.trim() === "" ? undefined : text.trim();
}

const ignoreAbort = (): void => {
  // The loop looks at the signal itself.
};
