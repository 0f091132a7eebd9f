import { isDeepStrictEqual } from "node:util";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { Refresher } from "../lib/refresher.ts";
import type { SessionRegistry } from "./registry.ts";
import type { SessionRecord, Sighting } from "./store.ts";

/** The first change is stored at once, what follows it closely as one. */
const PAUSE_MS = 250;

export interface SightingsParts {
  readonly registry: SessionRegistry;
  /** How a session of ours really is now. */
  readonly sightingOf: (record: SessionRecord) => Sighting;
  /** Name of this router as a home of sessions; null: there are no others that would have to be told. */
  readonly home: string | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** Stores what this router sees of the sessions that it runs, so that the other routers can show it. */
export class Sightings {
  readonly #parts: SightingsParts;
  readonly #refresher: Refresher;
  readonly #closing = new AbortController();
  /** What was written last, as text: what the database gives back may differ in form, and must not be written for ever. */
  readonly #written = new Map<SessionHash, string>();

  constructor(parts: SightingsParts) {
    this.#parts = parts;
    this.#refresher = new Refresher({
      ...parts,
      job: (hash) => this.#write(hash as SessionHash),
      pauseMs: PAUSE_MS,
      signal: this.#closing.signal,
    });
  }

  /** A session may look different from before. */
  look(hash: SessionHash): void {
    if (this.#unwritten(hash)) this.#refresher.ask(hash);
  }

  /** Stores what is not stored yet. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#refresher.idle();
    await Promise.allSettled(this.#parts.registry.all().map(({ hash }) => this.#write(hash)));
  }

  async #write(hash: SessionHash): Promise<void> {
    const seen = this.#unwritten(hash);
    if (!seen) return;
    await this.#parts.registry.update(hash, { seen });
    this.#written.set(hash, JSON.stringify(seen));
  }

  /** What is to be stored of a session; undefined when it is stored already, or when it is not ours to tell. */
  #unwritten(hash: SessionHash): Sighting | undefined {
    const { registry, home, sightingOf } = this.#parts;
    const record = registry.get(hash);
    if (!record) this.#written.delete(hash);
    if (!record || home === null || record.home !== home) return undefined;
    const seen = compact(sightingOf(record));
    const isKnown = isDeepStrictEqual(seen, record.seen) || JSON.stringify(seen) === this.#written.get(hash);
    return isKnown ? undefined : seen;
  }
}

/** Reports have much more in them than the other routers show. */
function compact({ observed, report }: Sighting): Sighting {
  if (!report) return { observed, report };
  const { readyAt, busy, ports } = report.status;
  const conversation = report.conversation && {
    id: report.conversation.id,
    directory: report.conversation.directory,
  };
  return { observed, report: { status: { readyAt, busy, ports }, conversation } };
}
