import { randomBytes } from "node:crypto";
import type { AuditAction, AuditEntry } from "../contracts/audit.ts";
import type { Email } from "../contracts/email.ts";
import type { Clock } from "../lib/clock.ts";
import { KeyedQueue } from "../lib/keyed-queue.ts";
import type { Log } from "../lib/log.ts";
import type { AuditRecord, AuditRepository } from "./store.ts";

const HOUR_MS = 3_600_000;
const KEEP_MS = 90 * 24 * HOUR_MS;
const KEEP_ENTRIES = 100_000;
/** Entries that wait for a slow database; more are lost, and the log says so. */
const MAX_WAITING = 1_000;
const MAX_TEXT = 500;

export interface AuditParts {
  readonly repository: AuditRepository;
  readonly clock: Clock;
  readonly log: Log;
}

/** What somebody did. */
export interface Deed {
  readonly actor: Email;
  readonly action: AuditAction;
  readonly subject: string;
  readonly detail?: string | undefined;
}

/** The record of who did what when, for admins. */
export class Audit {
  readonly #parts: AuditParts;
  readonly #writes = new KeyedQueue();
  readonly #nextId = idSource();
  #waiting = 0;
  #prunedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: AuditParts) {
    this.#parts = parts;
  }

  /** Notes a deed without keeping anybody waiting. One that cannot be written is in the log, and fails nothing. */
  record(deed: Deed): void {
    const at = this.#parts.clock.now();
    const { actor, action } = deed;
    const subject = deed.subject.slice(0, MAX_TEXT);
    const detail = deed.detail?.slice(0, MAX_TEXT) ?? null;
    if (this.#waiting >= MAX_WAITING) return this.#lost(deed, new Error("the database is too slow"));
    this.#waiting += 1;
    const record = { id: this.#nextId(at), at, actor, action, subject, detail };
    this.#writes
      .run("all", () => this.#write(record))
      .catch((cause: unknown) => this.#lost(deed, cause))
      .finally(() => (this.#waiting -= 1));
  }

  /** Newest first. `next`, if there is more, is the `before` of the following page. */
  async page(options: { limit: number; before?: string | undefined }): Promise<{
    entries: AuditEntry[];
    next: string | null;
  }> {
    const { limit, before } = options;
    const records = await this.#parts.repository.page({ limit: limit + 1, before });
    const entries = records.slice(0, limit).map(viewEntry);
    return { entries, next: records.length > limit ? (entries.at(-1)?.id ?? null) : null };
  }

  /** Resolves when all that was recorded is written. */
  flush(): Promise<void> {
    return this.#writes.idle();
  }

  async #write(record: AuditRecord): Promise<void> {
    await this.#parts.repository.add(record);
    const now = this.#parts.clock.now();
    if (now - this.#prunedAt < HOUR_MS) return;
    this.#prunedAt = now;
    await this.#parts.repository.prune({ before: now - KEEP_MS, keep: KEEP_ENTRIES }).catch((cause: unknown) => {
      this.#parts.log.error({ err: cause }, "audit.not-pruned");
    });
  }

  #lost(deed: Deed, cause: unknown): void {
    this.#parts.log.error({ ...deed, err: cause }, "audit.not-written");
  }
}

/**
 * Hexadecimal of fixed length: time, a count within the process, and random digits that tell routers apart. Later is
 * greater, also when the clock stands still or goes back.
 */
function idSource(): (at: number) => string {
  let last = 0;
  let count = 0;
  const router = randomBytes(4).toString("hex");
  return (at) => {
    if (at > last) count = 0;
    last = Math.max(last, at);
    return last.toString(16).padStart(12, "0") + (count++).toString(16).padStart(6, "0") + router;
  };
}

const viewEntry = ({ id, at, actor, action, subject, detail }: AuditRecord): AuditEntry => ({
  id,
  at: new Date(at).toISOString(),
  actor,
  action,
  subject,
  ...(detail === null ? {} : { detail }),
});
