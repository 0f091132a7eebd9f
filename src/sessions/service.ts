import type { Email } from "../contracts/email.ts";
import { ProblemError } from "../contracts/problem.ts";
import type { CreateSession, Session } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { Clock } from "../lib/clock.ts";
import { KeyedQueue } from "../lib/keyed-queue.ts";
import type { Log } from "../lib/log.ts";
import type { Secret } from "../lib/secret.ts";
import type { Runtime, SessionSpec } from "../runtimes/runtime.ts";
import {
  checkedRepoUrl,
  chooseRepository,
  newNonce,
  newRecord,
  type RepositoryChoice,
  type RepositoryRules,
} from "./create.ts";
import { reapIdle, type IdleReaperParts } from "./idle-reaper.ts";
import { KnownSessions } from "./known.ts";
import { followOtherRouters } from "./other-routers.ts";
import { checkMayCreate, checkMayRun, type Counts, type Limits } from "./limits.ts";
import { Reconciler } from "./reconciler.ts";
import { SessionRegistry } from "./registry.ts";
import type { RemoteChecker } from "./remote/remote-checker.ts";
import type { ReportSource } from "./report.ts";
import { SessionKeys } from "./session-keys.ts";
import { Shares } from "./shares.ts";
import { Sightings } from "./sightings.ts";
import type { SessionRecord, Store } from "./store.ts";
import { suggestBranch } from "./suggest-branch.ts";
import type { SessionUrls } from "./urls.ts";

export interface SessionsParts {
  readonly store: Store;
  readonly runtime: Runtime;
  /** Name of this router as a home of sessions; null: every session may run here. */
  readonly home: string | null;
  readonly remote: RemoteChecker;
  readonly urls: SessionUrls;
  readonly idSecret: Secret;
  readonly tokenSecret: Secret;
  /** A person's own secrets, for the environment of their sessions. */
  readonly secretsOf: (owner: Email) => Promise<SessionSpec["secrets"]>;
  /** The token for GitHub that a person's sign-in gave. */
  readonly githubTokenOf: (owner: Email) => Secret | null;
  readonly limits: Limits;
  readonly repositories: RepositoryRules;
  readonly readReport: ReportSource;
  /** How long a session runs without activity. */
  readonly idleTimeoutMs: number;
  /** How much later than this router knows of a session may have been used, through another one. */
  readonly unseenUseMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a request brings along for the remote repository. */
export interface AskedWith {
  /** The person's own token; it is sent to GitHub only. */
  readonly githubToken?: Secret | undefined;
}

/** The sessions of all people: what may be asked of them. What is known of them is in `known`. */
export class Sessions {
  readonly known: KnownSessions;
  readonly keys: SessionKeys;
  readonly #parts: SessionsParts;
  readonly #registry: SessionRegistry;
  readonly #reconciler: Reconciler;
  readonly #sightings: Sightings;
  readonly #perOwner = new KeyedQueue();
  readonly #closing = new AbortController();

  private constructor(parts: SessionsParts, registry: SessionRegistry, shares: Shares) {
    this.#parts = parts;
    this.#registry = registry;
    this.keys = new SessionKeys(parts.tokenSecret);
    this.known = new KnownSessions({ ...parts, registry, messages: parts.store.messages, keys: this.keys, shares });
    this.#reconciler = new Reconciler({
      ...parts,
      registry,
      maxStarts: parts.limits.maxStarts,
      specOf: (record) => this.#specOf(record),
    });
    const sightingOf = (record: SessionRecord) => this.known.sighting(record);
    this.#sightings = new Sightings({ ...parts, registry, sightingOf });
  }

  /** Loads what is stored, takes over what still runs, and begins to move everything towards what is desired. */
  static async open(parts: SessionsParts): Promise<Sessions> {
    if (parts.home !== null) await parts.store.sessions.claim(parts.home);
    const shares = await Shares.load(parts.store.shares, parts.clock);
    const sessions = new Sessions(parts, await SessionRegistry.load(parts.store.sessions), shares);
    await sessions.#begin();
    return sessions;
  }

  async #begin(): Promise<void> {
    const { runtime } = this.#parts;
    const records = this.#registry.all().filter((record) => this.known.isHere(record));
    const wanted = records.filter((record) => record.desired === "running" && !record.failure);
    await runtime.adopt(await Promise.all(wanted.map((record) => this.#specOf(record))));
    this.#registry.changes.subscribe((hash) => {
      this.known.stored(hash);
      const record = this.#registry.get(hash);
      if (!record || this.known.isHere(record)) this.#reconciler.wake(hash);
    });
    this.known.changes.subscribe((hash) => this.#sightings.look(hash));
    followOtherRouters({ ...this.#parts, registry: this.#registry, known: this.known, signal: this.#closing.signal });
    const look = (hash: SessionHash) => {
      this.known.observed(hash);
      this.#reconciler.wake(hash);
    };
    runtime.onChange(look);
    for (const { hash } of records) look(hash);
    void reapIdle(this.#idleParts(), this.#closing.signal);
  }

  async #specOf(record: SessionRecord): Promise<SessionSpec> {
    const { secretsOf, githubTokenOf } = this.#parts;
    const secrets = await secretsOf(record.owner);
    return this.keys.spec(record, { secrets, githubToken: githubTokenOf(record.owner) });
  }

  #idleParts(): IdleReaperParts {
    const { known } = this;
    return {
      running: () => known.running().map((record) => ({ hash: record.hash, use: known.use(record) })),
      isBusy: async (hash) => (await known.freshReport(hash)).status.busy,
      touch: (hash) => known.activity.touch(hash),
      stop: (hash) => this.stop(hash),
      // Longer than people are told where other routers may know of somebody who uses it.
      timeoutMs: this.#parts.idleTimeoutMs + this.#parts.unseenUseMs,
      clock: this.#parts.clock,
      log: this.#parts.log,
    };
  }

  /** `created` is false when the same session existed; it is resumed then. @throws ProblemError */
  async create(
    owner: Email,
    body: CreateSession,
    { githubToken }: AskedWith = {},
  ): Promise<{ session: Session; created: boolean }> {
    const choice = chooseRepository(body, this.#parts.repositories);
    const { idSecret, clock } = this.#parts;
    const { initialMessage } = body;
    const record = newRecord({ owner, choice, initialMessage, now: clock.now(), idSecret, home: this.#parts.home });
    if (!this.#registry.get(record.hash)) {
      checkMayCreate(this.#parts.limits, this.#counts(owner));
      if (choice) await this.#checkRemote(choice, githubToken);
    }
    return this.#perOwner.run(owner, async () => {
      // Once more: another request may have taken the place while the remote was asked.
      if (this.#registry.get(record.hash)) return { session: await this.#again(record), created: false };
      checkMayCreate(this.#parts.limits, this.#counts(owner));
      // Another router may have been faster.
      if (!(await this.#registry.insert(record))) return { session: await this.#again(record), created: false };
      this.#parts.log.info({ hash: record.hash }, "session.created");
      return { session: this.known.view(record), created: true };
    });
  }

  /** The existing session of a repeated create: its conversation wins over another first message. */
  async #again(wish: SessionRecord): Promise<Session> {
    const existing = this.#registry.get(wish.hash);
    if (existing && wish.initialMessage && !existing.initialMessage && !existing.conversation)
      await this.#registry.update(wish.hash, { initialMessage: wish.initialMessage, initialMessageDone: false });
    return this.#resume(wish.hash);
  }

  async #checkRemote({ repoUrl, sourceBranch }: RepositoryChoice, githubToken: Secret | undefined): Promise<void> {
    const result = await this.#parts.remote.heads(repoUrl, githubToken);
    if (!result.ok) throw new ProblemError(result.code, result.message);
    if (!result.branches.includes(sourceBranch))
      throw new ProblemError(
        "branch_missing",
        `The repository has no branch "${sourceBranch}". Choose one that exists.`,
      );
  }

  /** A free branch name; a repository that cannot be asked does not keep anybody from a suggestion. */
  async suggestBranch(owner: Email, repoUrl: string | undefined, { githubToken }: AskedWith = {}): Promise<string> {
    const taken = new Set(this.#registry.ofOwner(owner).flatMap(({ branch }) => branch ?? []));
    if (repoUrl) {
      const heads = await this.#parts.remote.heads(checkedRepoUrl(repoUrl, this.#parts.repositories), githubToken);
      for (const branch of heads.ok ? heads.branches : []) taken.add(branch);
    }
    return suggestBranch(taken);
  }

  /** A person's wish. It is written even if it seems to hold: another router may have taken the opposite one just now. */
  async resume(hash: SessionHash): Promise<Session> {
    // One at a time per person: each counts the places that the one before has taken.
    return this.#perOwner.run(this.#must(hash).owner, () => this.#resume(hash));
  }

  /** For a request to the session, which there may be many of: nothing is written where it is to run anyway. */
  async wake(hash: SessionHash): Promise<void> {
    await this.#perOwner.run(this.#must(hash).owner, async () => {
      if (!isToRun(this.#must(hash))) await this.#resume(hash);
    });
  }

  async #resume(hash: SessionHash): Promise<Session> {
    const record = this.#must(hash);
    if (record.desired === "deleted")
      throw new ProblemError("conflict", "The session is being deleted. Wait until it is gone, then create it again.");
    if (!isToRun(record)) {
      checkMayRun(this.#parts.limits, this.#counts(record.owner));
      this.known.activity.touch(hash);
    }
    return this.#want(hash, "running");
  }

  stop(hash: SessionHash): Promise<Session> {
    if (this.#must(hash).desired === "deleted") throw new ProblemError("conflict", "The session is being deleted.");
    return this.#want(hash, "stopped");
  }

  async delete(hash: SessionHash): Promise<void> {
    await this.#want(hash, "deleted");
  }

  /** A new attach password; the old one is worth nothing from now on. */
  async rotateAttachPassword(hash: SessionHash): Promise<SessionRecord> {
    return this.#found(await this.#registry.update(hash, { attachNonce: newNonce() }));
  }

  /** Ends the loop, then the sessions if the runtime keeps them only as long as the router. */
  async close(): Promise<void> {
    this.#closing.abort();
    const settled = this.#reconciler.close();
    await this.#parts.runtime.close();
    await settled;
    this.known.shares.close();
    await this.known.activity.flush();
    await this.#sightings.close();
  }

  async #want(hash: SessionHash, desired: SessionRecord["desired"]): Promise<Session> {
    const updated = this.#found(await this.#registry.update(hash, { desired, failure: null, failedStarts: 0 }));
    this.#parts.log.info({ hash, desired }, "session.wanted");
    return this.known.view(updated);
  }

  #counts(owner: Email): Counts {
    const own = this.#registry.ofOwner(owner);
    const running = own.filter(isToRun).length;
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

/** Whether it takes one of its owner's places. */
const isToRun = ({ desired, failure }: SessionRecord): boolean => desired === "running" && !failure;
