import { createSignal } from "solid-js";
import type { Accessor } from "solid-js";
import { createStore, reconcile } from "solid-js/store";
import type { Session } from "../contracts/session.ts";
import { getAllSessions } from "./api.ts";
import { withSession } from "./state/session-list.ts";
import { whileVisible } from "./while-visible.ts";

const REFRESH_MS = 5_000;

export interface AllSessions {
  readonly sessions: readonly Session[];
  readonly loaded: Accessor<boolean>;
  readonly problem: Accessor<string | undefined>;
  readonly told: (session: Session) => void;
}

/** Everybody's sessions, asked for again while an administrator looks. */
export function createAllSessions(): AllSessions {
  const [list, setList] = createStore<{ sessions: Session[] }>({ sessions: [] });
  const [loaded, setLoaded] = createSignal(false);
  const [problem, setProblem] = createSignal<string>();
  const show = (sessions: Session[]) => setList("sessions", reconcile(sessions, { key: "hash" }));

  const load = async (signal: AbortSignal) => {
    const answer = await getAllSessions(signal);
    if (signal.aborted) return;
    setProblem(answer.ok ? undefined : answer.failure.detail);
    if (!answer.ok) return;
    show(answer.value.sessions);
    setLoaded(true);
  };
  whileVisible((signal) => {
    void load(signal);
    const timer = setInterval(() => void load(signal), REFRESH_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
  });
  return {
    get sessions() {
      return list.sessions;
    },
    loaded,
    problem,
    told: (session) => show(withSession(list.sessions, session)),
  };
}
