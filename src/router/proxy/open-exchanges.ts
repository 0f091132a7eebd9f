import type { SessionHash } from "../../contracts/session-hash.ts";
import type { Admitted } from "../dispatch.ts";

/** Why an exchange is to end: at once, or as soon as nothing is lost by it. */
export type EndReason = "not allowed" | "going down";
type End = (why: EndReason) => void;

/** The requests and sockets that are open through the proxy, so that they can be ended at once. */
export class OpenExchanges {
  readonly #open = new Map<SessionHash, Set<{ readonly admitted: Admitted; readonly end: End }>>();

  /** Remembers how to end one exchange; call the result when it has ended by itself. */
  add(admitted: Admitted, end: End): () => void {
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
    for (const { admitted, end } of this.#open.get(hash) ?? []) if (!isAllowed(admitted)) end("not allowed");
  }

  /** The router goes down: what only waits for events would wait for ever. */
  drain(): void {
    for (const set of this.#open.values()) for (const { end } of set) end("going down");
  }

  get size(): number {
    return [...this.#open.values()].reduce((sum, set) => sum + set.size, 0);
  }
}
