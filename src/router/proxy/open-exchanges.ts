import type { SessionHash } from "../../contracts/session-hash.ts";
import type { Admitted } from "../dispatch.ts";

/** The requests and sockets that are open through the proxy, so that they can be ended at once. */
export class OpenExchanges {
  readonly #open = new Map<SessionHash, Set<{ readonly admitted: Admitted; readonly end: () => void }>>();

  /** Remembers how to end one exchange; call the result when it has ended by itself. */
  add(admitted: Admitted, end: () => void): () => void {
    const { hash } = admitted.record;
    const set = this.#open.get(hash) ?? new Set();
    const exchange = { admitted, end };
    this.#open.set(hash, set.add(exchange));
    return () => {
      set.delete(exchange);
      if (set.size === 0 && this.#open.get(hash) === set) this.#open.delete(hash);
    };
  }

  /** What was allowed once and is not any more ends now. */
  endUnless(hash: SessionHash, isAllowed: (admitted: Admitted) => boolean): void {
    for (const { admitted, end } of this.#open.get(hash) ?? []) if (!isAllowed(admitted)) end();
  }

  /** The router goes down: everything that waits for bytes would wait for ever. */
  endEverything(): void {
    for (const set of this.#open.values()) for (const { end } of set) end();
  }

  get size(): number {
    return [...this.#open.values()].reduce((sum, set) => sum + set.size, 0);
  }
}
