import { createEffect, createMemo, createSignal, on } from "solid-js";
import type { Accessor } from "solid-js";
import type { Session } from "../contracts/session.ts";
import { getPorts } from "./api.ts";
import type { SharedPort } from "./api.ts";
import { useApp } from "./app-state.ts";
import { shownPorts } from "./state/ports.ts";
import type { ShownPort } from "./state/ports.ts";
import { whileVisible } from "./while-visible.ts";

export interface PortSharing {
  readonly ports: Accessor<readonly ShownPort[]>;
  readonly problem: Accessor<string | undefined>;
  /** Takes over what a change of a share has told. */
  readonly told: (share: SharedPort) => void;
}

/** The ports of one of the person's own sessions: those that listen come live with it, other shares are asked for. */
export function createPortSharing(session: Accessor<Session>): PortSharing {
  const app = useApp();
  const [shares, setShares] = createSignal<readonly SharedPort[]>([]);
  const [problem, setProblem] = createSignal<string>();

  const load = async (signal: AbortSignal) => {
    const answer = await getPorts(session().hash, signal);
    if (answer.ok) setShares(answer.value.shares);
    setProblem(answer.ok || answer.failure.kind === "aborted" ? undefined : answer.failure.detail);
  };
  // A port that went silent may be shared, and is known to the list of shares alone.
  const live = createMemo(() => JSON.stringify(session().ports.map(({ port, level }) => [port, level])));
  createEffect(on(live, () => whileVisible((signal) => void load(signal))));

  return {
    ports: createMemo(() => shownPorts(session().ports, shares(), app.now())),
    problem,
    told: (share) => setShares((before) => [...before.filter(({ port }) => port !== share.port), share]),
  };
}
