import { access, rm } from "node:fs/promises";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Failure, StartStage } from "../../contracts/session.ts";
import type { SessionHash } from "../../contracts/session-hash.ts";
import { KeyedQueue } from "../../lib/keyed-queue.ts";
import type { Observed, SessionSpec } from "../runtime.ts";
import { awaitReady } from "./await-ready.ts";
import { endProcesses } from "./end-processes.ts";
import { explainSessiondExit } from "../explain-failure.ts";
import type { Settings } from "./options.ts";
import { removeTree } from "./remove-tree.ts";
import { readRunRecord } from "./run-record.ts";
import { type SessionFolder, sessionFolder } from "./session-folder.ts";
import { readTail } from "./session-log.ts";
import { fetchStatus } from "../sessiond-client.ts";
import { type Sessiond, watchSessiond } from "./sessiond-process.ts";
import { startSession } from "./start-session.ts";

const ADOPT_PATIENCE_MS = 5000;
const ADOPT_POLL_MS = 100;

/** One session: its phase, and everything done to it one after the other. */
export class ProcessSession {
  readonly #settings: Settings;
  readonly #hash: SessionHash;
  readonly #folder: SessionFolder;
  readonly #changed: () => void;
  readonly #queue = new KeyedQueue();
  #observed: Observed = { phase: "absent" };
  /** There while the session is wanted to run: from the call of `start` until it is stopped or has failed. */
  #wanted: AbortController | undefined;

  constructor(settings: Settings, hash: SessionHash, changed: () => void) {
    this.#settings = settings;
    this.#hash = hash;
    this.#folder = sessionFolder(settings.dataDir, hash);
    this.#changed = changed;
  }

  get observed(): Observed {
    return this.#observed;
  }

  start(spec: SessionSpec): void {
    if (this.#wanted !== undefined) return;
    const wanted = new AbortController();
    this.#wanted = wanted;
    if (this.#observed.phase !== "stopping") this.#set({ phase: "starting", stage: "queued" });
    void this.#run(() => this.#start(spec, wanted)).catch((cause: unknown) => this.#report(cause));
  }

  stop(): Promise<void> {
    this.#unwant();
    return this.#run(async () => {
      await this.#end();
      if (this.#wanted === undefined) this.#set({ phase: "absent" });
    });
  }

  remove(): Promise<void> {
    this.#unwant();
    return this.#run(async () => {
      await this.#end();
      await removeTree(this.#folder.root);
      if (this.#wanted === undefined) this.#set({ phase: "absent" });
    });
  }

  /** @throws when nothing listens there. */
  async connect(): Promise<Socket> {
    const socket = connect(this.#folder.socket);
    await once(socket, "connect");
    return socket;
  }

  /** Goes on with what an earlier router started, or ends it. */
  adopt(spec: SessionSpec): Promise<void> {
    return this.#run(async () => {
      const ready = await this.#findRunning(spec);
      if (ready === undefined) return await this.#end();
      const wanted = new AbortController();
      this.#wanted = wanted;
      const sessiond = watchSessiond(ready.process, this.#settings.clock, wanted.signal);
      if (ready.isReady) return this.#running(sessiond, wanted);
      this.#set({ phase: "starting", stage: "booting" });
      void this.#run(() => this.#awaitAdopted(spec, sessiond, wanted)).catch((cause: unknown) => this.#report(cause));
    });
  }

  async #findRunning(spec: SessionSpec) {
    const { clock } = this.#settings;
    const deadline = clock.now() + ADOPT_PATIENCE_MS;
    do {
      const process = await readRunRecord(this.#folder.run);
      if (process === undefined) return undefined;
      const asked = await fetchStatus({ socketPath: this.#folder.socket }, spec.sessionKey);
      if (asked.answer === "status") return { process, isReady: asked.status.readyAt !== null };
      if (asked.answer === "refused") return undefined;
      await clock.sleep(ADOPT_POLL_MS);
    } while (clock.now() < deadline);
    return undefined;
  }

  async #start(spec: SessionSpec, wanted: AbortController): Promise<void> {
    const { signal } = wanted;
    if (signal.aborted) return;
    const onStage = (stage: StartStage) => {
      if (!signal.aborted) this.#set({ phase: "starting", stage });
    };
    try {
      const outcome = await startSession({ settings: this.#settings, spec, folder: this.#folder, signal, onStage });
      if (outcome.ok) this.#running(outcome.sessiond, wanted);
      else await this.#fail(outcome.failure, wanted);
    } catch (cause) {
      ignoreIfAborted(cause, signal);
    }
  }

  async #awaitAdopted(spec: SessionSpec, sessiond: Sessiond, wanted: AbortController): Promise<void> {
    const { clock, startTimeoutMs: timeoutMs } = this.#settings;
    const { signal } = wanted;
    try {
      const failure = await awaitReady({
        folder: this.#folder,
        key: spec.sessionKey,
        sessiond,
        clock,
        timeoutMs,
        signal,
      });
      if (failure === undefined) this.#running(sessiond, wanted);
      else await this.#fail(failure, wanted);
    } catch (cause) {
      ignoreIfAborted(cause, signal);
    }
  }

  #running(sessiond: Sessiond, wanted: AbortController): void {
    if (wanted.signal.aborted) return;
    this.#set({ phase: "running" });
    const crashed = () => this.#crashed(sessiond, wanted).catch((cause: unknown) => this.#report(cause));
    void sessiond.exited.then(crashed);
  }

  /** sessiond ended though nobody asked it to: what it left behind ends, too. */
  async #crashed(sessiond: Sessiond, wanted: AbortController): Promise<void> {
    if (wanted.signal.aborted) return;
    this.#settings.log.warn({ hash: this.#hash }, "sessiond ended unexpectedly");
    this.#set({ phase: "stopping" });
    await this.#run(async () => {
      if (wanted.signal.aborted) return;
      await this.#fail(explainSessiondExit(await readTail(this.#folder.sessiondLog, sessiond.logFrom)), wanted);
    });
  }

  async #fail(failure: Failure, wanted: AbortController): Promise<void> {
    // What cannot be ended is tried again by the next stop; the person hears of the failure all the same.
    await this.#end().catch((cause: unknown) => this.#report(cause));
    if (wanted.signal.aborted) return;
    wanted.abort();
    this.#wanted = undefined;
    this.#set({ phase: "failed", failure });
  }

  /** Ends everything of the session that runs. */
  async #end(): Promise<void> {
    const { root, home, run, socket, gitSocket } = this.#folder;
    if (!(await exists(root))) return;
    const { clock, stopGraceMs: graceMs } = this.#settings;
    await endProcesses({ mark: { hash: this.#hash, home }, leader: await readRunRecord(run), graceMs, clock });
    for (const path of [socket, gitSocket]) await rm(path, { force: true });
    await rm(run, { force: true });
  }

  #unwant(): void {
    this.#wanted?.abort();
    this.#wanted = undefined;
    if (this.#observed.phase === "starting" || this.#observed.phase === "running") this.#set({ phase: "stopping" });
  }

  #run<T>(job: () => Promise<T>): Promise<T> {
    return this.#queue.run(this.#hash, job);
  }

  #set(observed: Observed): void {
    this.#observed = observed;
    this.#changed();
  }

  #report(cause: unknown): void {
    this.#settings.log.error({ hash: this.#hash, err: cause }, "session job failed");
  }
}

/** Aborted: the stop that did it is next in the queue and ends what is there. */
function ignoreIfAborted(cause: unknown, signal: AbortSignal): void {
  if (!signal.aborted) throw cause;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
