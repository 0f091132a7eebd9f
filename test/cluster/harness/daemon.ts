import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { once } from "node:events";
import type { Keeper } from "./keeper.ts";

const END_MS = 10_000;

/** A server program with a log file, which can be stopped, frozen, and started again with the same arguments. */
export class Daemon {
  readonly #name: string;
  readonly #command: readonly string[];
  readonly #log: string;
  readonly #keeper: Keeper;
  #child: ChildProcess | undefined;
  #frozen = false;

  constructor(keeper: Keeper, options: { name: string; command: readonly string[]; log: string }) {
    this.#keeper = keeper;
    this.#name = options.name;
    this.#command = options.command;
    this.#log = options.log;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts it, or lets it go on when it is frozen. */
  start(): void {
    if (this.running) return this.#thaw();
    const [program = "", ...args] = this.#command;
    const log = openSync(this.#log, "a");
    const child = spawn(program, args, {
      stdio: ["ignore", log, log],
      env: { PATH: process.env.PATH },
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    if (child.pid !== undefined) child.once("exit", this.#keeper.mind(child.pid));
  }

  /** SIGSTOP leaves it standing, with all its connections; after the other signals it is gone. */
  async stop(signal: "SIGTERM" | "SIGKILL" | "SIGSTOP", limitMs = END_MS): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.running) return;
    if (signal === "SIGSTOP") {
      this.#frozen = true;
      child.kill(signal);
      return;
    }
    const gone = once(child, "exit");
    this.#thaw();
    child.kill(signal);
    const late = setTimeout(() => child.kill("SIGKILL"), limitMs);
    await gone;
    clearTimeout(late);
  }

  /** @throws when it has ended, with its last words */
  check(): void {
    if (!this.running) throw new Error(`${this.#name} has ended:\n${this.lastWords()}`);
  }

  lastWords(): string {
    return readFileSync(this.#log, "utf8").slice(-3000);
  }

  #thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    this.#child?.kill("SIGCONT");
  }
}
