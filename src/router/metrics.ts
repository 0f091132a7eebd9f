import { Gauge, Registry, collectDefaultMetrics } from "prom-client";
import { SESSION_STATES, type SessionState } from "../contracts/session.ts";

export interface MetricSources {
  readonly known: {
    /** The state of every session. */
    states(): SessionState[];
    /** Event streams and held requests that wait for changes, and parts of the router that do. */
    readonly listeners: number;
  };
  /** Requests and sockets that are open through the proxy. */
  readonly exchanges: { readonly size: number };
}

/** What Prometheus reads. Ids never become labels. */
export function createMetrics({ known, exchanges }: MetricSources): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: "opencode_router_sessions",
    help: "Sessions by state",
    labelNames: ["state"],
    registers,
    collect() {
      const all = known.states();
      for (const state of SESSION_STATES) this.set({ state }, all.filter((other) => other === state).length);
    },
  });
  new Gauge({
    name: "opencode_router_open_exchanges",
    help: "Requests and sockets that are open through the proxy",
    registers,
    collect() {
      this.set(exchanges.size);
    },
  });
  new Gauge({
    name: "opencode_router_listeners",
    help: "Event streams and held requests that wait for changes of sessions, and parts of the router that do",
    registers,
    collect() {
      this.set(known.listeners);
    },
  });
  return registry;
}
