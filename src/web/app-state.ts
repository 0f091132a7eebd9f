import { createContext, createSignal, onCleanup, useContext } from "solid-js";
import type { Accessor } from "solid-js";
import { createStore, reconcile } from "solid-js/store";
import { SessionsEvents } from "../contracts/stream.ts";
import type { Session } from "../contracts/session.ts";
import { getMe } from "./api.ts";
import type { Me } from "./api.ts";
import { followStream } from "./live-stream.ts";
import type { LinkStatus } from "./live-stream.ts";
import { inOrder, withSession } from "./state/session-list.ts";
import { whileVisible } from "./while-visible.ts";

const CLOCK_MS = 15_000;

export interface AppStateValue {
  readonly me: Accessor<Me | undefined>;
  readonly sessions: readonly Session[];
  /** False until the first list has come. */
  readonly loaded: Accessor<boolean>;
  readonly link: Accessor<LinkStatus>;
  readonly signedOut: Accessor<boolean>;
  readonly malformed: Accessor<boolean>;
  readonly reportMalformed: () => void;
  readonly now: Accessor<number>;
  /** Takes over what an action told about one of the person's own sessions. */
  readonly put: (session: Session) => void;
  /** The session that the person has just created or resumed, and waits for. */
  readonly awaited: Accessor<string | undefined>;
  readonly setAwaited: (hash: string | undefined) => void;
}

export const AppState = createContext<AppStateValue>();

export function useApp(): AppStateValue {
  const value = useContext(AppState);
  if (value === undefined) throw new Error("useApp() outside of the layout");
  return value;
}

export function createAppState(): AppStateValue {
  const [list, setList] = createStore<{ email: string; sessions: Session[] }>({ email: "", sessions: [] });
  const [loaded, setLoaded] = createSignal(false);
  const [link, setLink] = createSignal<LinkStatus>("connecting");
  const [signedOut, setSignedOut] = createSignal(false);
  const [malformed, setMalformed] = createSignal(false);
  const [awaited, setAwaited] = createSignal<string>();
  const [me, setMe] = createSignal<Me>();
  const reportMalformed = () => setMalformed(true);

  const show = (sessions: Session[]) => setList("sessions", reconcile(sessions, { key: "hash" }));
  const askWho = async () => {
    const answer = await getMe();
    if (answer.ok) setMe(answer.value);
    // An EventSource does not tell why it was refused; this does.
    else if (answer.failure.kind === "signed-out") setSignedOut(true);
  };
  void askWho();

  whileVisible((signal) =>
    followStream({
      url: "/api/sessions/stream",
      events: SessionsEvents,
      signal,
      onEvent: ({ data }) => {
        setList("email", data.email);
        show(inOrder(data.sessions));
        setLoaded(true);
        setSignedOut(false);
      },
      onStatus: setLink,
      onMalformed: reportMalformed,
      onRefused: () => void askWho(),
    }),
  );

  return {
    me,
    get sessions() {
      return list.sessions;
    },
    loaded,
    link,
    signedOut,
    malformed,
    reportMalformed,
    now: createNow(),
    put: (session) => {
      if (session.owner === list.email) show(withSession(list.sessions, session));
    },
    awaited,
    setAwaited,
  };
}

function createNow(): Accessor<number> {
  const [now, setNow] = createSignal(Date.now());
  const timer = setInterval(() => setNow(Date.now()), CLOCK_MS);
  onCleanup(() => clearInterval(timer));
  return now;
}
