import type { Email } from "../contracts/email.ts";
import { ProblemError } from "../contracts/problem.ts";
import type { CreateSession, Session } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { SessionReport } from "../contracts/status.ts";
import type { Clock } from "../lib/clock.ts";
import { FanOut } from "../lib/fan-out.ts";
import { KeyedQueue } from "../lib/keyed-queue.ts";
import type { Log } from "../lib/log.ts";
import type { Secret } from "../lib/secret.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { Activity } from "./activity.ts";
import { checkedRepoUrl, chooseRepository, newNonce, newRecord, type RepositoryRules } from "./create.ts";
import { shownState } from "./decide.ts";
import { checkMayCreate, checkMayRun, type Counts, type Limits } from "./limits.ts";
import { Messages } from "./messages.ts";
import { Reconciler } from "./reconciler.ts";
import { SessionRegistry } from "./registry.ts";
import type { RemoteChecker } from "./remote/remote-checker.ts";
import { absorbReport, type ReportSource } from "./report.ts";
import { SessionKeys } from "./session-keys.ts";
import type { SessionRecord, Store } from "./store.ts";
import { suggestBranch } from "./suggest-branch.ts";
import type { SessionUrls } from "./urls.ts";
import { viewSession } from "./view.ts";

export interface SessionsParts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly remote: RemoteChecker;
  readonly urls: SessionUrls;
  readonly idSecret: Secret;
  readonly tokenSecret: Secret;
  readonly limits: Limits;
  readonly repositories: RepositoryRules;
  readonly readReport: ReportSource;
  readonly clock: Clock;
  readonly log: Log;
}

/** The sessions of all people: what may be asked of them, and what is known of them. */
export class Sessions {
  /** A session may look different from before. */
  readonly changes = new FanOut<SessionHash>();
  readonly messages: Messages;
  readonly keys: SessionKeys;
  readonly activity: Activity;
  readonly #parts: SessionsParts;
  readonly #registry: SessionRegistry;
  readonly #reconciler: Reconciler;
  readonly #reports = new Map<SessionHash, SessionReport>();
  readonly #perOwner = new KeyedQueue();

  private constructor(parts: SessionsParts, registry: SessionRegistry) {
    this.#parts = parts;
    this.#registry = registry;
    this.keys = new SessionKeys(parts.tokenSecret);
    this.messages = new Messages(parts.store.messages);
    this.activity = new Activity(parts.clock, (hash, at) => registry.update(hash, { lastActivity: at }));
    this.#reconciler = new Reconciler({
      ...parts,
      registry,
      maxStarts: parts.limits.maxStarts,
      specOf: (record) => this.keys.spec(record),
    });
  }

  /** Loads what is stored, takes over what still runs, and begins to move everything towards what is desired. */
  static async open(parts: SessionsParts): Promise<Sessions> {
    let sessions: Sessions | undefined;
    const registry = await SessionRegistry.load(parts.store.sessions, (hash) => {
      if (sessions) sessions.#stored(hash);
    });
    sessions = new Sessions(parts, registry);
    await sessions.#begin();
    return sessions;
  }

  async #begin(): Promise<void> {
    const { runtime } = this.#parts;
    const records = this.#registry.all();
    const wanted = records.filter((record) => record.desired === "running" && !record.failure);
    await runtime.adopt(wanted.map((record) => this.keys.spec(record)));
    runtime.onChange((hash) => this.#observed(hash));
    for (const record of records) this.#observed(record.hash);
  }

  get(hash: SessionHash): SessionRecord | undefined {
    return this.#registry.get(hash);
  }

  view(record: SessionRecord): Session {
    const observed = this.#parts.runtime.observe(record.hash);
    const report = this.#reports.get(record.hash);
    return viewSession(record, { observed, report, lastActivity: this.activity.last(record.hash) }, this.#parts.urls);
  }

  state(record: SessionRecord): Session["state"] {
    return shownState(record, this.#parts.runtime.observe(record.hash)).state;
  }

  /** The state of every session of everybody. */
  states(): Session["state"][] {
    return this.#registry.all().map((record) => this.state(record));
  }

  list(owner: Email): Session[] {
    return this.#registry.ofOwner(owner).map((record) => this.view(record));
  }

  /** `created` is false when the same session existed; it is resumed then. @throws ProblemError */
  async create(owner: Email, body: CreateSession): Promise<{ session: Session; created: boolean }> {
    const choice = chooseRepository(body, this.#parts.repositories);
    const { idSecret, clock } = this.#parts;
    const record = newRecord({ owner, choice, initialMessage: body.initialMessage, now: clock.now(), idSecret });
    if (!this.#registry.get(record.hash)) {
      checkMayCreate(this.#parts.limits, this.#counts(owner));
      if (choice) await this.#checkRemote(choice.repoUrl, choice.sourceBranch);
    }
    return this.#perOwner.run(owner, async () => {
      // Once more: another request may have taken the place while the remote was asked.
      if (this.#registry.get(record.hash)) return { session: await this.#again(record), created: false };
      checkMayCreate(this.#parts.limits, this.#counts(owner));
      if (!(await this.#registry.insert(record))) throw new ProblemError("conflict", "The session exists already.");
      this.#parts.log.info({ hash: record.hash }, "session.created");
      this.#reconciler.wake(record.hash);
      return { session: this.view(record), created: true };
    });
  }

  /** The existing session of a repeated create: its conversation wins over another first message. */
  async #again(wish: SessionRecord): Promise<Session> {
    const existing = this.#registry.get(wish.hash);
    if (existing && wish.initialMessage && !existing.initialMessage && !existing.conversation)
      await this.#registry.update(wish.hash, { initialMessage: wish.initialMessage, initialMessageDone: false });
    return this.#resume(wish.hash);
  }

  async #checkRemote(repoUrl: string, sourceBranch: string): Promise<void> {
    const result = await this.#parts.remote.heads(repoUrl);
    if (!result.ok) throw new ProblemError(result.code, result.message);
    if (!result.branches.includes(sourceBranch))
      throw new ProblemError(
        "branch_missing",
        `The repository has no branch "${sourceBranch}". Choose one that exists.`,
      );
  }

  /** A free branch name; a repository that cannot be asked does not keep anybody from a suggestion. */
  async suggestBranch(owner: Email, repoUrl: string | undefined): Promise<string> {
    const taken = new Set(this.#registry.ofOwner(owner).flatMap(({ branch }) => branch ?? []));
    if (repoUrl) {
      const heads = await this.#parts.remote.heads(checkedRepoUrl(repoUrl, this.#parts.repositories));
      for (const branch of heads.ok ? heads.branches : []) taken.add(branch);
    }
    return suggestBranch(taken);
  }

  async resume(hash: SessionHash): Promise<Session> {
    // One at a time per person: each counts the places that the one before has taken.
    return this.#perOwner.run(this.#must(hash).owner, () => this.#resume(hash));
  }

  async #resume(hash: SessionHash): Promise<Session> {
    const record = this.#must(hash);
    if (record.desired === "deleted")
      throw new ProblemError("conflict", "The session is being deleted. Wait until it is gone, then create it again.");
    if (record.desired === "running" && !record.failure) return this.view(record);
    checkMayRun(this.#parts.limits, this.#counts(record.owner));
    return this.#want(hash, "running");
  }

  stop(hash: SessionHash): Promise<Session> {
    if (this.#must(hash).desired === "deleted") throw new ProblemError("conflict", "The session is being deleted.");
    return this.#want(hash, "stopped");
  }

  async delete(hash: SessionHash): Promise<void> {
    await this.#want(hash, "deleted");
  }

  attachPassword(record: SessionRecord): Secret {
    return this.keys.attachPassword(record);
  }

  /** A new attach password; the old one is worth nothing from now on. */
  async rotateAttachPassword(hash: SessionHash): Promise<SessionRecord> {
    return this.#found(await this.#registry.update(hash, { attachNonce: newNonce() }));
  }

  /** Takes a session's report of itself. */
  async takeReport(hash: SessionHash, report: SessionReport): Promise<void> {
    const record = this.#registry.get(hash);
    if (!record) return;
    this.#reports.set(hash, report);
    const patch = absorbReport(record, report);
    if (patch) await this.#registry.update(hash, patch);
    await this.messages.take(hash, report.messages);
    this.changes.publish(hash);
    if (patch?.failure) this.#reconciler.wake(hash);
  }

  /** What sessiond says right now. @throws ProblemError when it does not answer */
  async freshReport(hash: SessionHash): Promise<SessionReport> {
    try {
      return await this.#parts.readReport(hash, this.keys.sessionKey(hash));
    } catch (cause) {
      this.#parts.log.warn({ hash, err: cause }, "session.report-not-read");
      throw new ProblemError("session_unreachable", "The session does not answer. Try again in a moment.");
    }
  }

  /** Ends the loop, then the sessions if the runtime keeps them only as long as the router. */
  async close(): Promise<void> {
    const settled = this.#reconciler.close();
    await this.#parts.runtime.close();
    await settled;
    await this.activity.flush();
  }

  #stored(hash: SessionHash): void {
    if (!this.#registry.get(hash)) {
      this.#reports.delete(hash);
      this.messages.forget(hash);
      this.activity.forget(hash);
    }
    this.changes.publish(hash);
  }

  #observed(hash: SessionHash): void {
    const { phase } = this.#parts.runtime.observe(hash);
    if (phase === "running" && !this.#reports.get(hash)?.status.readyAt) void this.#pullReport(hash);
    if (phase === "absent" || phase === "failed") this.#reports.delete(hash);
    this.#reconciler.wake(hash);
    this.changes.publish(hash);
  }

  /** sessiond pushes by itself; asking once more makes the link known at once, also after a restart of the router. */
  async #pullReport(hash: SessionHash): Promise<void> {
    // A session that does not answer pushes as soon as it can.
    const report = await this.freshReport(hash).catch(() => undefined);
    if (report) await this.takeReport(hash, report);
  }

  async #want(hash: SessionHash, desired: SessionRecord["desired"]): Promise<Session> {
    const updated = this.#found(await this.#registry.update(hash, { desired, failure: null, failedStarts: 0 }));
    this.#parts.log.info({ hash, desired }, "session.wanted");
    this.#reconciler.wake(hash);
    return this.view(updated);
  }

  #counts(owner: Email): Counts {
    const own = this.#registry.ofOwner(owner);
    const running = own.filter((record) => record.desired === "running" && !record.failure).length;
    return { sessions: own.length, running, starting: this.#reconciler.starting() };
  }

  #must(hash: SessionHash): SessionRecord {
    return this.#found(this.#registry.get(hash));
  }

  #found(record: SessionRecord | undefined): SessionRecord {
    if (!record) throw new ProblemError("not_found", "There is no such session.");
    return record;
  }
}
