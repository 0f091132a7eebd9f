import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface Exit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that runs in a process group of its own. */
export interface Child {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** The last lines that it wrote, to stdout and stderr alike. */
  tail(): string[];
  /** Signals the whole group; nothing happens when the group is gone. */
  kill(signal: NodeJS.Signals): void;
}

const TAIL_LINES = 50;
const TAIL_LINE_LENGTH = 500;
/** Lines that are still in the pipe when the program ends; grandchildren may hold the pipe open for ever. */
const LAST_WORDS_MS = 100;

/** @throws the error of the system, with its `code`, when the program cannot be started. */
export async function spawnGroup(command: Command): Promise<Child> {
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    env: command.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.pid === undefined) throw await failure(child);
  child.on("error", () => {
    // A failed kill; what matters is told by `exit`.
  });
  const lines = new LastLines(child.stdout, child.stderr);
  const pid = child.pid;
  return { pid, exited: exit(child), tail: () => lines.all(), kill: (signal) => killGroup(pid, signal) };
}

async function failure(child: ChildProcess): Promise<unknown> {
  const [error] = await once(child, "error");
  return error;
}

async function exit(child: ChildProcess): Promise<Exit> {
  const closed = once(child, "close");
  const [exitCode, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  await Promise.race([closed, delay(LAST_WORDS_MS)]);
  return { exitCode, signal };
}

/** Signals every process of a group. @returns false when there is none left. */
export function killGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-groupId, signal);
  } catch {
    // ESRCH: gone; EPERM: the number belongs to somebody else by now.
    return false;
  }
}

class LastLines {
  readonly #lines: string[] = [];
  readonly #rest = new Map<Readable, string>();

  constructor(...streams: Readable[]) {
    for (const stream of streams) {
      stream.setEncoding("utf8");
      stream.on("data", (chunk: string) => this.#add(stream, chunk));
      stream.on("error", () => {
        // Broken pipe: there is nothing more to hear.
      });
    }
  }

  all(): string[] {
    const rest = [...this.#rest.values()].filter((line) => line !== "").map(clean);
    return [...this.#lines, ...rest].slice(-TAIL_LINES);
  }

  #add(stream: Readable, chunk: string): void {
    const lines = ((this.#rest.get(stream) ?? "") + chunk).split("\n");
    this.#rest.set(stream, (lines.pop() ?? "").slice(0, TAIL_LINE_LENGTH * 4));
    for (const line of lines) if (line.trim() !== "") this.#lines.push(clean(line));
    this.#lines.splice(0, this.#lines.length - TAIL_LINES);
  }
}

const clean = (line: string): string => stripColours(line).trimEnd().slice(0, TAIL_LINE_LENGTH);

const ESCAPE = String.fromCharCode(27);
const COLOURS = new RegExp(`${ESCAPE}\\[[0-9;]*[A-Za-z]`, "g");
const stripColours = (line: string): string => line.replace(COLOURS, "");
