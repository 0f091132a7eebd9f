import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { dropPrivileges, rootScript, type RootPlan } from "./container-root.ts";
import type { Keeper } from "./keeper.ts";

/** Namespaces of its own for mounts and processes, so that everything in it ends with its first process. */
const UNSHARE = ["--mount", "--propagation=private", "--pid"] as const;
/** The parent of the first process: it tells how that ended, and has nothing to say in its log. */
const PARENT = ["/bin/sh", "-c", 'exec 3>&2 2>/dev/null; "$@" 2>&3 3>&-; exit "$?"', "sh"] as const;
const MESSAGE_BYTES = 2048;
const MESSAGE_LINES = 80;

export interface ContainerOptions {
  readonly keeper: Keeper;
  /** A folder for this container alone. */
  readonly folder: string;
  readonly plan: Omit<RootPlan, "root">;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

/** A container: processes with a root, a user and process numbers of their own, on the network of this machine. */
export class Container {
  readonly startedAt = new Date();
  /** Exit code as a shell gives it: 128 and the signal's number, if a signal ended it. */
  readonly exited: Promise<number>;
  /** Number, on this machine, of the first process in it; 0 when it ended before it could be seen. */
  readonly pid: number;
  readonly #options: ContainerOptions;
  #running = true;

  static async start(options: ContainerOptions): Promise<Container> {
    const root = join(options.folder, "root");
    const script = join(options.folder, "start.sh");
    await mkdir(root, { recursive: true });
    await writeFile(script, rootScript({ ...options.plan, root }), { mode: 0o600 });
    const log = openSync(join(options.folder, "log"), "a");
    const args = [...UNSHARE, ...PARENT, "/bin/sh", script, ...options.command];
    const child = spawn("/usr/bin/unshare", args, { env: options.env, stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    return new Container(options, child, await firstProcess(child));
  }

  private constructor(options: ContainerOptions, child: ChildProcess, pid: number) {
    this.#options = options;
    this.pid = pid;
    const ended = pid === 0 ? () => {} : options.keeper.mind(pid);
    this.exited = exitCode(child).then((code) => {
      this.#running = false;
      ended();
      return code;
    });
  }

  get running(): boolean {
    return this.#running;
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.#running || this.pid === 0) return;
    try {
      process.kill(this.pid, signal);
    } catch {
      // It has ended a moment ago.
    }
  }

  /** SIGTERM, and SIGKILL for what is not gone after the grace period. */
  async end(graceSeconds: number): Promise<number> {
    const timer = new AbortController();
    if (graceSeconds > 0) this.kill("SIGTERM");
    void delay(graceSeconds * 1000, undefined, { signal: timer.signal }).then(
      () => this.kill("SIGKILL"),
      () => {},
    );
    const code = await this.exited;
    timer.abort();
    return code;
  }

  /** Runs a command in it, as its user. @returns the exit code */
  async exec(command: readonly string[], timeoutSeconds: number): Promise<number> {
    if (!this.#running || this.pid === 0) return 1;
    const { plan, env } = this.#options;
    const enter = ["--target", String(this.pid), "--mount", "--pid", "--root"];
    const within = [...dropPrivileges(plan), "/usr/bin/timeout", "--signal=KILL", String(timeoutSeconds)];
    const args = [...enter, ...within, ...command];
    return exitCode(spawn("/usr/bin/nsenter", args, { env, stdio: "ignore" }));
  }

  /** All that it has written. */
  log(): string {
    return readFileSync(join(this.#options.folder, "log"), "utf8");
  }

  /** The end of the log, as much as a kubelet takes for a termination message. */
  lastWords(): string {
    const lines = this.log()
      .split("\n")
      .slice(-MESSAGE_LINES - 1);
    return Buffer.from(lines.join("\n")).subarray(-MESSAGE_BYTES).toString("utf8");
  }
}

async function exitCode(child: ChildProcess): Promise<number> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.signalCode === null ? (child.exitCode ?? 1) : 128 + constants.signals[child.signalCode];
}

/** The only child of the parent is the first process of the new namespace. */
async function firstProcess(parent: ChildProcess): Promise<number> {
  while (parent.pid !== undefined && parent.exitCode === null && parent.signalCode === null) {
    const pid = Number(children(parent.pid).split(" ")[0]);
    if (pid > 0) return pid;
    await delay(2);
  }
  return 0;
}

function children(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  } catch {
    return "";
  }
}
