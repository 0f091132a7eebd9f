import { mkdir, readdir } from "node:fs/promises";
import { type SessionHash, isSessionHash } from "../../contracts/session-hash.ts";
import { systemClock } from "../../lib/clock.ts";
import type { Runtime, SessionSpec } from "../runtime.ts";
import type { ProcessRuntimeOptions, Settings } from "./options.ts";
import { ProcessSession } from "./process-session.ts";
import { SYSTEM_PATH } from "./session-env.ts";
import { sessionsRoot } from "./session-folder.ts";

const MINUTE_MS = 60_000;

/** The runtime of one machine: a session is a folder and a sessiond in a process group of its own. */
export function createProcessRuntime(options: ProcessRuntimeOptions): Runtime {
  return new ProcessRuntime({
    nodePath: process.execPath,
    path: SYSTEM_PATH,
    clock: systemClock,
    startTimeoutMs: 2 * MINUTE_MS,
    cloneTimeoutMs: 15 * MINUTE_MS,
    stopGraceMs: 15_000,
    ...options,
  });
}

class ProcessRuntime implements Runtime {
  readonly #settings: Settings;
  readonly #sessions = new Map<SessionHash, ProcessSession>();
  readonly #listeners = new Set<(hash: SessionHash) => void>();
  #closed = false;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async adopt(specs: readonly SessionSpec[]): Promise<void> {
    const root = sessionsRoot(this.#settings.dataDir);
    await mkdir(root, { recursive: true, mode: 0o700 });
    const found = (await readdir(root)).filter(isSessionHash);
    const bySpec = new Map(specs.map((spec) => [spec.hash, spec]));
    await Promise.all(found.map((hash) => this.#adoptOne(hash, bySpec.get(hash))));
  }

  async #adoptOne(hash: SessionHash, spec: SessionSpec | undefined): Promise<void> {
    try {
      if (spec !== undefined) return await this.#session(hash).adopt(spec);
      // Its records are gone but its files may be somebody's work: only `remove` deletes them.
      this.#settings.log.warn({ hash }, "folder of an unknown session: its processes are ended, its files stay");
      await this.#session(hash).stop();
    } catch (cause) {
      // One session that cannot be looked at must not keep the others from coming up.
      this.#settings.log.error({ hash, err: cause }, "session cannot be adopted");
    }
  }

  observe(hash: SessionHash) {
    return this.#sessions.get(hash)?.observed ?? ({ phase: "absent" } as const);
  }

  onChange(listener: (hash: SessionHash) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  start(spec: SessionSpec): void {
    if (this.#closed) return;
    this.#session(spec.hash).start(spec);
  }

  stop(hash: SessionHash): Promise<void> {
    return this.#session(hash).stop();
  }

  async remove(hash: SessionHash): Promise<void> {
    const session = this.#session(hash);
    await session.remove();
    if (session.observed.phase === "absent") this.#sessions.delete(hash);
  }

  async connect(hash: SessionHash) {
    const session = this.#sessions.get(hash);
    if (session === undefined) throw new Error(`session ${hash} does not run`);
    return await session.connect();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#sessions.values()].map((session) => session.stop()));
  }

  #session(hash: SessionHash): ProcessSession {
    const known = this.#sessions.get(hash);
    if (known !== undefined) return known;
    const session = new ProcessSession(this.#settings, hash, () => {
      for (const listener of this.#listeners) listener(hash);
    });
    this.#sessions.set(hash, session);
    return session;
  }
}
