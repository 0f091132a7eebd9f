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
}

const COALESCE_MS = 150;
const HEARTBEAT_MS = 15_000;
const TIME_LIMIT_MS = 5_000;
const RETRY = { firstMs: 500, maxMs: 5_000 };

/** Tells the router the whole state: on change and on a heartbeat, one push at a time. A router that is away does no harm. */
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
    const { sessionKey, report } = this.#ports;
    const body = JSON.stringify(report());
    return post(url, { body, sessionKey, signal: signal === undefined ? limit : AbortSignal.any([limit, signal]) });
  }
}

type Pushed = { readonly ok: true } | { readonly ok: false; readonly why: string };

function post(url: URL, content: { body: string; sessionKey: Secret; signal: AbortSignal }): Promise<Pushed> {
  return new Promise((resolve) => {
    const outgoing = request(url, {
      method: "POST",
      agent: false,
      signal: content.signal,
      headers: {
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
