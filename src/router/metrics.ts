import { Gauge, Registry, collectDefaultMetrics } from "prom-client";
import { SESSION_STATES, type SessionState } from "../contracts/session.ts";

export interface MetricSources {
  /** The state of every session. */
  readonly states: () => SessionState[];
  /** Requests and sockets that are open through the proxy. */
  readonly openExchanges: () => number;
}

/** What Prometheus reads. Ids never become labels. */
export function createMetrics({ states, openExchanges }: MetricSources): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: "opencode_router_sessions",
    help: "Sessions by state",
    labelNames: ["state"],
    registers,
    collect() {
      const all = states();
      for (const state of SESSION_STATES) this.set({ state }, all.filter((other) => other === state).length);
    },
  });
  new Gauge({
    name: "opencode_router_open_exchanges",
    help: "Requests and sockets that are open through the proxy",
    registers,
    collect() {
      this.set(openExchanges());
    },
  });
  return registry;
}
