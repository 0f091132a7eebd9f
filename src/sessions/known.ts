import type { Email } from "../contracts/email.ts";
import { ProblemError } from "../contracts/problem.ts";
import type { Failure, Session } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { SessionReport } from "../contracts/status.ts";
import type { Clock } from "../lib/clock.ts";
import { FanOut } from "../lib/fan-out.ts";
import type { Log } from "../lib/log.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { Activity } from "./activity.ts";
import { shownState } from "./decide.ts";
import type { Use } from "./idle.ts";
import { Messages } from "./messages.ts";
import { OpenLists } from "./open-lists.ts";
import type { SessionRegistry } from "./registry.ts";
import { absorbReport, type ReportSource } from "./report.ts";
import type { SessionKeys } from "./session-keys.ts";
import type { Shares } from "./shares.ts";
import { StartLogs } from "./start-log.ts";
import type { MessageRepository, SessionRecord, Sighting } from "./store.ts";
import type { SessionUrls } from "./urls.ts";
import { viewSession } from "./view.ts";

export interface KnownParts {
  readonly registry: SessionRegistry;
  readonly messages: MessageRepository;
  readonly runtime: Pick<Runtime, "observe">;
  /** Name of this router as a home of sessions; null: every session may run here. */
  readonly home: string | null;
  readonly keys: SessionKeys;
  readonly shares: Shares;
  readonly urls: SessionUrls;
  readonly readReport: ReportSource;
  /** How long a session runs without activity. */
  readonly idleTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export const ELSEWHERE = "This session runs on another router of this platform. Use it through that one.";

const UNSEEN: Sighting = { observed: { phase: "absent" }, report: null };

/** What is known of the sessions: stored, observed, reported. All reads answer from memory, and none acts. */
export class KnownSessions {
  /** A session may look different from before. */
  readonly changes = new FanOut<SessionHash>();
  readonly messages: Messages;
  readonly activity: Activity;
  readonly shares: Shares;
  readonly starts: StartLogs;
  readonly lists: OpenLists;
  readonly #parts: KnownParts;
  readonly #reports = new Map<SessionHash, SessionReport>();

  constructor(parts: KnownParts) {
    this.#parts = parts;
    this.messages = new Messages(parts.messages);
    this.shares = parts.shares;
    parts.shares.changes.subscribe((hash) => this.changes.publish(hash));
    this.starts = new StartLogs((hash) => {
      const record = this.get(hash);
      return record && this.view(record);
    });
    this.lists = new OpenLists((owner) => this.list(owner));
    this.changes.subscribe((hash) => {
      this.starts.look(hash);
      this.lists.look(hash, this.get(hash)?.owner);
    });
    this.activity = new Activity(parts.clock, (hash, at) => parts.registry.update(hash, { lastActivity: at }));
  }

  /** How many wait for changes: parts of the router, and streams. */
  get listeners(): number {
    return this.changes.size + this.messages.changes.size + this.starts.changes.size + this.lists.size;
  }

  get(hash: SessionHash): SessionRecord | undefined {
    return this.#parts.registry.get(hash);
  }

  view(record: SessionRecord): Session {
    const { clock, idleTimeoutMs, urls } = this.#parts;
    const { hash } = record;
    const seen = {
      ...this.sighting(record),
      shareOf: (port: number) => this.shares.get(hash, port),
      use: this.use(record),
      now: clock.now(),
      idleTimeoutMs,
    };
    return viewSession(record, seen, urls);
  }

  portUrl(hash: SessionHash, port: number): string {
    return this.#parts.urls.port(hash, port);
  }

  state(record: SessionRecord): Session["state"] {
    return shownState(record, this.sighting(record).observed).state;
  }

  /** Why it is failed; undefined when it is not. */
  failure(record: SessionRecord): Failure | undefined {
    const shown = shownState(record, this.sighting(record).observed);
    return shown.state === "failed" ? shown.failure : undefined;
  }

  /** Whether it is this router that runs the session. */
  isHere({ home }: Pick<SessionRecord, "home">): boolean {
    return this.#parts.home === null || this.#parts.home === home;
  }

  /** How the session really is: as this router sees it, or as its home saw it last. */
  sighting(record: SessionRecord): Sighting {
    if (!this.isHere(record)) return record.seen ?? UNSEEN;
    return { observed: this.#parts.runtime.observe(record.hash), report: this.#reports.get(record.hash) ?? null };
  }

  /** The state of every session of everybody. */
  states(): Session["state"][] {
    return this.#parts.registry.all().map((record) => this.state(record));
  }

  /** One person's sessions, newest first. */
  list(owner: Email): Session[] {
    return this.#parts.registry.ofOwner(owner).map((record) => this.view(record));
  }

  /** Everybody's sessions, newest first. */
  listAll(): Session[] {
    const records = this.#parts.registry.all().toSorted((a, b) => b.createdAt - a.createdAt);
    return records.map((record) => this.view(record));
  }

  /** The sessions that run here. */
  running(): SessionRecord[] {
    return this.#parts.registry.all().filter((record) => this.isHere(record) && this.state(record) === "running");
  }

  use(record: SessionRecord): Use {
    const lastActivity = Math.max(record.lastActivity, this.activity.last(record.hash));
    return { lastActivity, busy: this.sighting(record).report?.status.busy ?? false };
  }

  /** Takes a session's report of itself. */
  async takeReport(hash: SessionHash, report: SessionReport): Promise<void> {
    const record = this.get(hash);
    if (!record) return;
    this.#reports.set(hash, report);
    const patch = absorbReport(record, report);
    if (patch) await this.#parts.registry.update(hash, patch);
    await this.messages.take(hash, report.messages);
    this.changes.publish(hash);
  }

  /** What sessiond says right now. @throws ProblemError when it does not answer */
  async freshReport(hash: SessionHash): Promise<SessionReport> {
    const record = this.get(hash);
    if (record && !this.isHere(record)) throw new ProblemError("elsewhere", ELSEWHERE);
    try {
      return await this.#parts.readReport(hash, this.#parts.keys.sessionKey(hash));
    } catch (cause) {
      this.#parts.log.warn({ hash, err: cause }, "session.report-not-read");
      throw new ProblemError("session_unreachable", "The session does not answer. Try again in a moment.");
    }
  }

  /** The record has changed, or is gone. */
  stored(hash: SessionHash): void {
    if (!this.get(hash)) {
      this.#reports.delete(hash);
      this.messages.forget(hash);
      this.activity.forget(hash);
      this.shares.forget(hash);
    }
    this.changes.publish(hash);
  }

  /** The runtime sees something new. */
  observed(hash: SessionHash): void {
    const { phase } = this.#parts.runtime.observe(hash);
    if (phase === "running" && !this.#reports.get(hash)?.status.readyAt) void this.#pullReport(hash);
    if (phase === "absent" || phase === "failed") this.#reports.delete(hash);
    this.changes.publish(hash);
  }

  /** sessiond pushes by itself; asking once more makes the link known at once, also after a restart of the router. */
  async #pullReport(hash: SessionHash): Promise<void> {
    if (!this.get(hash)) return;
    // A session that does not answer pushes as soon as it can.
    const report = await this.freshReport(hash).catch(() => undefined);
    if (report) await this.takeReport(hash, report);
  }
}
