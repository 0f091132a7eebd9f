import type { CHILD_STATES, Crash } from "../contracts/status.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Child, Exit } from "../lib/spawn.ts";
import { classifyCrash } from "./classify.ts";
import { afterCrash } from "./supervise.ts";

export type ChildState = (typeof CHILD_STATES)[number];

export interface Program {
  readonly name: string;
  /** @throws when it cannot be started at all. */
  start(): Promise<Child>;
  /** One life of the program begins; `ended` fires when the process is gone. */
  onStart(child: Child, ended: AbortSignal): void;
}

export interface Supervision {
  readonly state: ChildState;
  readonly pid: number | null;
  readonly startedAt: number | null;
  readonly lastCrash: Crash | undefined;
}

interface Ports {
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange: () => void;
}

const STOPPED: Supervision = { state: "stopped", pid: null, startedAt: null, lastCrash: undefined };

/** Keeps one program running: starts it, hears of its end, decides by `afterCrash`, starts it again. */
export class Supervisor {
  readonly #program: Program;
  readonly #ports: Ports;
  #now: Supervision = STOPPED;
  #child: Child | undefined;
  #killedFor: string | undefined;

  constructor(program: Program, ports: Ports) {
    this.#program = program;
    this.#ports = ports;
  }

  get supervision(): Supervision {
    return this.#now;
  }

  /** The process that runs now. */
  get child(): Child | undefined {
    return this.#child;
  }

  /** The program answers. */
  markRunning(): void {
    if (this.#now.state === "starting") this.#set({ state: "running" });
  }

  /** Ends the process because it is of no use any more; counts as a crash, with `why` as its last line. */
  replace(why: string): void {
    this.#killedFor = why;
    this.#child?.kill("SIGKILL");
  }

  /** Runs until the signal fires or the program is given up. Whoever fires the signal ends the last process. */
  async run(signal: AbortSignal): Promise<void> {
    let crashes = 0;
    while (!signal.aborted) {
      this.#set({ state: "starting" });
      const life = await this.#live(signal);
      if (life === undefined) return;
      const next = afterCrash(crashes, life.uptimeMs);
      crashes = next.crashes;
      this.#ports.log.warn({ ...life, tail: undefined, next: next.do }, `${this.#program.name} ended`);
      if (next.do === "give-up") return this.#set({ state: "error" });
      this.#set({ state: "backoff" });
      await this.#ports.clock.sleep(next.afterMs, signal).catch(() => {
        // Aborted: the loop sees it.
      });
    }
  }

  markStopped(): void {
    this.#child = undefined;
    this.#set({ state: "stopped", pid: null, startedAt: null });
  }

  /** @returns how it ended, or undefined when it could not be started or was told to stop. */
  async #live(signal: AbortSignal): Promise<Crash | undefined> {
    const startedAt = this.#ports.clock.now();
    const child = await this.#program.start().catch((error: unknown) => this.#failed(error));
    if (child === undefined) return undefined;
    if (signal.aborted) return void child.kill("SIGKILL");
    const ended = new AbortController();
    this.#child = child;
    this.#set({ pid: child.pid, startedAt });
    this.#program.onStart(child, ended.signal);
    const exit = await child.exited;
    this.#child = undefined;
    ended.abort();
    if (signal.aborted) return undefined;
    const crash = this.#crash(exit, child.tail(), startedAt);
    this.#killedFor = undefined;
    this.#set({ pid: null, startedAt: null, lastCrash: crash });
    return crash;
  }

  #failed(error: unknown): undefined {
    const line = startFailure(error);
    const crash: Crash = {
      at: new Date(this.#ports.clock.now()).toISOString(),
      exitCode: null,
      signal: null,
      uptimeMs: 0,
      class: "missing_dependency",
      tail: [line],
    };
    this.#ports.log.error({ cause: error }, `${this.#program.name} cannot be started`);
    this.#set({ state: "error", lastCrash: crash });
  }

  #crash(exit: Exit, tail: readonly string[], startedAt: number): Crash {
    const why = this.#killedFor;
    const now = this.#ports.clock.now();
    return {
      at: new Date(now).toISOString(),
      exitCode: exit.exitCode,
      signal: exit.signal,
      uptimeMs: Math.max(0, now - startedAt),
      class: classifyCrash({ ...exit, byUs: why !== undefined, tail }),
      tail: why === undefined ? [...tail] : [...tail.slice(-49), why],
    };
  }

  #set(change: Partial<Supervision>): void {
    this.#now = { ...this.#now, ...change };
    this.#ports.onChange();
  }
}

const SENTENCES: Record<string, string> = {
  ENOENT: "the program or its working directory does not exist",
  EACCES: "the program may not be executed",
  ENOEXEC: "the file is not a program of this machine",
};

function startFailure(error: unknown): string {
  const { code, path } = error as { code?: string; path?: string };
  const sentence = code === undefined ? undefined : SENTENCES[code];
  const reason = sentence ?? (error instanceof Error ? error.message : String(error));
  return `cannot start ${path ?? "the program"}: ${reason}${code === undefined ? "" : ` (${code})`}`;
}
