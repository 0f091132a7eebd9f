import type { SessionHash } from "../contracts/session-hash.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { Refresher } from "../lib/refresher.ts";
import type { KnownSessions } from "./known.ts";
import type { SessionRegistry } from "./registry.ts";
import type { AnnouncedTable, Store } from "./store.ts";

export interface OtherRoutersParts {
  readonly store: Pick<Store, "changes">;
  readonly registry: SessionRegistry;
  readonly known: KnownSessions;
  readonly clock: Clock;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Reads again what other routers write: the one record that they name, or everything when it may have been anything. */
export function followOtherRouters({ store, registry, known, clock, signal, log }: OtherRoutersParts): void {
  const refreshers = {
    sessions: (hash?: SessionHash) => (hash ? registry.refresh(hash) : registry.refreshAll()),
    messages: async (hash?: SessionHash) => {
      for (const one of hash ? [hash] : known.messages.known()) await known.messages.refresh(one);
    },
    port_shares: (hash?: SessionHash) => (hash ? known.shares.reload(hash) : known.shares.reloadAll()),
  } satisfies Partial<Record<AnnouncedTable, (hash?: SessionHash) => Promise<void>>>;
  for (const [table, refresh] of Object.entries(refreshers)) {
    const job = (key: string) => refresh(key === "" ? undefined : (key as SessionHash));
    const refresher = new Refresher({ job, clock, signal, log });
    const live = store.changes.subscribe((change) => {
      if (change.table === table) refresher.ask(change.key ?? "");
    });
    signal.addEventListener("abort", () => live[Symbol.dispose](), { once: true });
    // What was written after the first reading and before this was announced to nobody.
    refresher.ask("");
  }
}
