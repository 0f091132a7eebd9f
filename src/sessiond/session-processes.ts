import { SESSION_MARK } from "../contracts/names.ts";
import { ancestors, descendants, hasEnvironment, listProcesses, type ProcessInfo } from "../lib/processes.ts";

/** Finds the processes of a session: what sessiond started, and what was started by an earlier one. */
export class SessionProcesses {
  readonly #entries: readonly string[];
  readonly #self: number;
  /**
   * Those seen with the mark, by number and start time. That one has no mark is not kept: what enters a container shows
   * the environment of the engine until it becomes the program that it was started for.
   */
  #marked = new Set<string>();

  /** `home` tells the session from one of the same hash that a router with another data folder runs. */
  constructor({ hash, home }: { readonly hash: string; readonly home: string | undefined }, self: number) {
    this.#entries = [`${SESSION_MARK}=${hash}`, ...(home === undefined ? [] : [`HOME=${home}`])];
    this.#self = self;
  }

  /** Without sessiond and what started it. */
  list(): ProcessInfo[] {
    const all = listProcesses();
    const above = ancestors(this.#self, all);
    const below = descendants(this.#self, all);
    const marked = new Set<string>();
    const found = all.filter((info) => {
      if (info.pid === this.#self || above.has(info.pid) || info.zombie) return false;
      if (below.has(info.pid)) return true;
      const key = `${info.pid}:${info.startTicks}`;
      const isMarked = this.#marked.has(key) || this.#entries.every((entry) => hasEnvironment(info.pid, entry));
      if (isMarked) marked.add(key);
      return isMarked;
    });
    this.#marked = marked;
    return found;
  }
}
