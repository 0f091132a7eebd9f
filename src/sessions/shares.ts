import { parseEmail, type Email } from "../contracts/email.ts";
import { ProblemError } from "../contracts/problem.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { ShareLevel, SharePort } from "../contracts/share.ts";
import type { Clock } from "../lib/clock.ts";
import { FanOut } from "../lib/fan-out.ts";
import { KeyedQueue } from "../lib/keyed-queue.ts";
import type { ShareRecord, ShareRepository } from "./store.ts";

/** Who may use a port now. */
export interface Share {
  readonly level: ShareLevel;
  /** With level `people`; else empty. */
  readonly people: readonly Email[];
  /** Milliseconds since the epoch; null: until the owner changes it. */
  readonly expiresAt: number | null;
}

export const NOT_SHARED: Share = { level: "owner", people: [], expiresAt: null };

/** More than anybody shares of one session, and few enough to keep all of everybody's in memory. */
const MAX_SHARED_PORTS = 64;

/** Longer waits overflow the timer of Node; whoever waits looks again then. */
const MAX_WAIT_MS = 24 * 60 * 60 * 1000;

/** Which ports of which sessions their owners share with whom. In memory, because every request to a port asks. */
export class Shares {
  readonly #repository: ShareRepository;
  readonly #clock: Clock;
  readonly #known = new Map<SessionHash, Map<number, ShareRecord>>();
  readonly #writes = new KeyedQueue();
  readonly #expiries = new Map<string, AbortController>();
  /** Who may use ports of this session has changed, or a share has expired. */
  readonly changes = new FanOut<SessionHash>();

  private constructor(repository: ShareRepository, clock: Clock) {
    this.#repository = repository;
    this.#clock = clock;
  }

  static async load(repository: ShareRepository, clock: Clock): Promise<Shares> {
    const shares = new Shares(repository, clock);
    for (const record of await repository.all()) shares.#remember(record);
    return shares;
  }

  /** Who may use the port at this moment. */
  get(hash: SessionHash, port: number): Share {
    const record = this.#known.get(hash)?.get(port);
    return record && !isExpired(record, this.#clock.now()) ? record : NOT_SHARED;
  }

  /** The ports of a session that are shared at this moment. */
  of(hash: SessionHash): ({ readonly port: number } & Share)[] {
    const now = this.#clock.now();
    return [...(this.#known.get(hash)?.values() ?? [])].filter((record) => !isExpired(record, now));
  }

  /** From now on only these may use the port. @throws ProblemError for a wish that contradicts itself */
  set(hash: SessionHash, port: number, wish: SharePort): Promise<Share> {
    const share = checkedShare(wish, this.#clock.now());
    return this.#writes.run(hash, async () => {
      const others = this.of(hash).filter((other) => other.port !== port).length;
      if (share.level !== "owner" && others >= MAX_SHARED_PORTS)
        throw new ProblemError("limit_reached", `${MAX_SHARED_PORTS} ports of this session are shared. End one first.`);
      if (share.level === "owner") await this.#repository.remove(hash, port);
      else await this.#repository.put({ hash, port, ...share });
      this.#forgetPort(hash, port);
      if (share.level !== "owner") this.#remember({ hash, port, ...share });
      this.changes.publish(hash);
      return share;
    });
  }

  /** Another router changed what is stored of this session. */
  reload(hash: SessionHash): Promise<void> {
    return this.#writes.run(hash, async () => {
      const records = await this.#repository.of(hash);
      this.#known.delete(hash);
      for (const record of records) this.#remember(record);
      this.changes.publish(hash);
    });
  }

  /** Another router may have changed what is stored of any session. */
  async reloadAll(): Promise<void> {
    const stored = (await this.#repository.all()).map(({ hash }) => hash);
    for (const hash of new Set([...this.#known.keys(), ...stored])) await this.reload(hash);
  }

  /** The session is gone, and its shares with it. */
  forget(hash: SessionHash): void {
    if (this.#known.delete(hash)) this.changes.publish(hash);
  }

  close(): void {
    for (const waiting of this.#expiries.values()) waiting.abort();
  }

  #remember(record: ShareRecord): void {
    const ports = this.#known.get(record.hash) ?? new Map<number, ShareRecord>();
    this.#known.set(record.hash, ports.set(record.port, record));
    const key = `${record.hash} ${record.port}`;
    this.#expiries.get(key)?.abort();
    this.#expiries.delete(key);
    if (record.expiresAt === null) return;
    const replaced = new AbortController();
    this.#expiries.set(key, replaced);
    void this.#tellExpiry(record, record.expiresAt, replaced.signal);
  }

  #forgetPort(hash: SessionHash, port: number): void {
    const ports = this.#known.get(hash);
    ports?.delete(port);
    if (ports?.size === 0) this.#known.delete(hash);
  }

  async #tellExpiry(record: ShareRecord, at: number, replaced: AbortSignal): Promise<void> {
    // Timers may fire a moment before the clock says so.
    for (let left = at - this.#clock.now(); left > 0; left = at - this.#clock.now()) {
      await this.#clock.sleep(Math.min(left, MAX_WAIT_MS), replaced).catch(() => {});
      if (replaced.aborted) return;
    }
    if (this.#known.get(record.hash)?.get(record.port) === record) this.changes.publish(record.hash);
  }
}

const isExpired = ({ expiresAt }: Share, now: number): boolean => expiresAt !== null && expiresAt <= now;

function checkedShare({ level, people, expiresAt }: SharePort, now: number): Share {
  if (level !== "people" && people !== undefined)
    throw invalid(`people: only the level "people" takes a list of people.`);
  if (level === "people" && !people?.length) throw invalid("people: name at least one e-mail address.");
  const at = expiresAt === undefined ? null : Date.parse(expiresAt);
  if (level === "owner" && at !== null) throw invalid(`expiresAt: the level "owner" does not end.`);
  if (at !== null && !(at > now)) throw invalid("expiresAt: must be in the future.");
  return { level, people: [...new Set((people ?? []).map(checkedEmail))], expiresAt: at };
}

function checkedEmail(text: string): Email {
  const email = parseEmail(text);
  if (email === undefined) throw invalid(`people: "${text}" is not an e-mail address.`);
  return email;
}

const invalid = (detail: string) => new ProblemError("invalid_request", detail);
