import type { SessionHash } from "../../contracts/session-hash.ts";

/** The requests and sockets that are open through the proxy, so that they can be ended at once. */
export class OpenExchanges {
  readonly #open = new Map<string, Set<() => void>>();

  /** Remembers how to end one exchange; call the result when it has ended by itself. */
  add(hash: SessionHash, entrance: "public" | "attach", end: () => void): () => void {
    const key = `${hash} ${entrance}`;
    const set = this.#open.get(key) ?? new Set();
    this.#open.set(key, set.add(end));
    return () => {
      set.delete(end);
      if (set.size === 0 && this.#open.get(key) === set) this.#open.delete(key);
    };
  }

  endAll(hash: SessionHash, entrance: "public" | "attach"): void {
    for (const end of this.#open.get(`${hash} ${entrance}`) ?? []) end();
  }

  /** The router goes down: everything that waits for bytes would wait for ever. */
  endEverything(): void {
    for (const set of this.#open.values()) for (const end of set) end();
  }

  get size(): number {
    return [...this.#open.values()].reduce((sum, set) => sum + set.size, 0);
  }
}
