import { backoffMs } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { errorOfEvent, isApiError } from "./api-error.ts";
import type { ClusterClient, Kind, KubeObject, WatchEvent } from "./cluster-client.ts";
import type { ObjectCache } from "./object-cache.ts";

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: Pick<ClusterClient, "list" | "watch">;
  readonly kind: Kind;
  readonly labelSelector?: string;
  readonly cache: ObjectCache<T>;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** From 0 up to 1. */
  readonly random?: () => number;
  readonly timing?: ReflectorTiming;
}

export interface ReflectorTiming {
  /** The server is asked to end each watch after this time, and up to a quarter more. */
  readonly watchSeconds: number;
  /** Silence for this much longer than that: nobody is there. */
  readonly silenceMs: number;
  /** Everything is listed again and compared after this time, a tenth more or less. */
  readonly resyncMs: number;
}

export interface Reflection {
  /** Settles when everything that is there is in the cache. Rejects when the signal comes first. */
  readonly synced: Promise<void>;
  /** Settles when it has ended, after the signal. */
  readonly ended: Promise<void>;
  status(): ReflectorStatus;
}

/** Times are milliseconds since the epoch. */
export interface ReflectorStatus {
  readonly synced: boolean;
  /** When the server last said something; 0: never. */
  readonly lastHeardAt: number;
  /** Since when the server cannot be heard: the cache has what was known then. */
  readonly failingSince?: number;
}

const TIMING: ReflectorTiming = { watchSeconds: 240, silenceMs: 90_000, resyncMs: 600_000 };
const RETRY = { firstMs: 500, maxMs: 30_000 };
/** So many failures in a row, and what was missed is no longer asked for: everything is listed. */
const MAX_RESUMES = 3;
/** A watch that ends sooner, without a word, was none. */
const SHORT_MS = 1_000;
const PAGE = 500;

/** Keeps a cache like what the cluster has of a kind, until the signal. */
export function reflect<T extends KubeObject>(options: ReflectorOptions<T>): Reflection {
  const { signal } = options;
  let isSynced: () => void = () => {};
  const synced = new Promise<void>((resolve, reject) => {
    isSynced = resolve;
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  synced.catch(() => {}); // nobody need wait for it
  const reflector = new Reflector(options, isSynced);
  return { synced, ended: reflector.run(), status: () => reflector.status() };
}

class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #timing: ReflectorTiming;
  readonly #random: () => number;
  readonly #onSynced: () => void;
  /** Everything up to here is known; undefined: everything must be listed. */
  #version: string | undefined;
  #isSynced = false;
  #resyncAt = 0;
  #lastHeardAt = 0;
  #failures = 0;
  #failingSince: number | undefined;

  constructor(options: ReflectorOptions<T>, onSynced: () => void) {
    this.#options = options;
    this.#timing = options.timing ?? TIMING;
    this.#random = options.random ?? Math.random;
    this.#onSynced = onSynced;
  }

  status(): ReflectorStatus {
    return {
      synced: this.#isSynced,
      lastHeardAt: this.#lastHeardAt,
      ...(this.#failingSince === undefined ? {} : { failingSince: this.#failingSince }),
    };
  }

  async run(): Promise<void> {
    const { signal, clock } = this.#options;
    while (!signal.aborted) {
      try {
        if (this.#version === undefined || clock.now() >= this.#resyncAt) this.#version = await this.#list();
        await this.#watch(this.#version);
      } catch (cause) {
        if (!signal.aborted) await this.#fail(cause);
      }
    }
  }

  /** @returns the version of what was listed */
  async #list(): Promise<string> {
    const { client, kind, labelSelector, cache, clock, log } = this.#options;
    const first = await client.list<T>(kind, { labelSelector, limit: PAGE });
    const objects = [...first.items];
    for (let next = first.continue; next;) {
      const page = await client.list<T>(kind, { labelSelector, limit: PAGE, continue: next });
      objects.push(...page.items);
      next = page.continue;
    }
    this.#hear();
    cache.replaceAll(objects, first.resourceVersion);
    this.#resyncAt = clock.now() + this.#timing.resyncMs * (0.9 + 0.2 * this.#random());
    if (!this.#isSynced) log.info({ resource: kind.plural, objects: objects.length }, "reflector.synced");
    this.#isSynced = true;
    this.#onSynced();
    return first.resourceVersion;
  }

  /** Returns when the watch has ended well, and is to be taken up where it was. */
  async #watch(resourceVersion: string): Promise<void> {
    const { client, kind, labelSelector, clock, signal } = this.#options;
    const timeoutSeconds = Math.round(this.#timing.watchSeconds * (1 + this.#random() / 4));
    const startedAt = clock.now();
    const cut = new AbortController();
    const guarded = this.#guard(cut, timeoutSeconds * 1000 + this.#timing.silenceMs);
    let events = 0;
    try {
      const watch = client.watch<T>(kind, {
        resourceVersion,
        labelSelector,
        timeoutSeconds,
        signal: AbortSignal.any([signal, cut.signal]),
        onOpen: () => this.#hear(),
      });
      for await (const event of watch) {
        events += 1;
        this.#take(event);
      }
    } finally {
      cut.abort();
    }
    if ((await guarded) === "silent") throw new Error("the watch has been silent for too long");
    if (events === 0 && clock.now() - startedAt < SHORT_MS) throw new Error("the watch ended at once");
    this.#failures = 0;
  }

  #take(event: WatchEvent<T>): void {
    if (event.type === "ERROR") throw errorOfEvent(`watch ${this.#options.kind.plural}`, event.object);
    this.#hear();
    this.#failures = 0;
    if (event.type !== "BOOKMARK") this.#options.cache.hear(event.type, event.object);
    this.#version = event.object.metadata?.resourceVersion ?? this.#version;
  }

  /** Cuts a watch that nothing is heard of, or that stands in the way of the next list. */
  async #guard(cut: AbortController, patienceMs: number): Promise<"silent" | "over"> {
    const { clock } = this.#options;
    const startedAt = clock.now();
    for (;;) {
      const silentAt = Math.max(startedAt, this.#lastHeardAt) + patienceMs;
      const waitMs = Math.min(silentAt, this.#resyncAt) - clock.now();
      if (waitMs <= 0) {
        cut.abort();
        return clock.now() >= silentAt ? "silent" : "over";
      }
      try {
        await clock.sleep(waitMs, cut.signal);
      } catch {
        return "over"; // the watch has ended by itself
      }
    }
  }

  #hear(): void {
    const { clock, kind, log } = this.#options;
    this.#lastHeardAt = clock.now();
    if (this.#failingSince === undefined) return;
    log.info({ resource: kind.plural, afterMs: clock.now() - this.#failingSince }, "reflector.recovered");
    this.#failingSince = undefined;
  }

  async #fail(cause: unknown): Promise<void> {
    const { kind, clock, log, signal } = this.#options;
    this.#failures += 1;
    this.#failingSince ??= clock.now();
    if (isApiError(cause, "gone") || this.#failures >= MAX_RESUMES) this.#version = undefined;
    const askedMs = isApiError(cause) ? (cause.retryAfterMs ?? 0) : 0;
    const waitMs = Math.max(backoffMs(RETRY, this.#failures), askedMs) * (1 + this.#random() / 2);
    log.warn({ resource: kind.plural, failures: this.#failures, waitMs, err: cause }, "reflector.failed");
    await clock.sleep(waitMs, signal).catch(() => {}); // aborted: the loop ends
  }
}
