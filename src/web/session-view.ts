import { createEffect, createMemo, createSignal, onCleanup } from "solid-js";
import type { Accessor } from "solid-js";
import { ProgressEvents, StartEvents } from "../contracts/stream.ts";
import type { Session } from "../contracts/session.ts";
import { getSession } from "./api.ts";
import { useApp } from "./app-state.ts";
import { followStream } from "./live-stream.ts";
import { nextConversation } from "./state/conversation.ts";
import type { Conversation } from "./state/conversation.ts";
import { LOADING, nextStart } from "./state/start.ts";
import type { StartInput, StartState } from "./state/start.ts";
import { whileVisible } from "./while-visible.ts";

export interface SessionView {
  readonly session: Accessor<Session | undefined>;
  readonly state: Accessor<StartState>;
  readonly conversation: Accessor<Conversation | undefined>;
  /** Takes over what an action has just told. */
  readonly told: (session: Session) => void;
}

/** Everything that the page of one session knows, from the list, its own request and its streams. */
export function createSessionView(hash: string): SessionView {
  const app = useApp();
  const listed = () => app.sessions.find((session) => session.hash === hash);
  const [answered, setAnswered] = createSignal<Session>();
  const [state, setState] = createSignal<StartState>(LOADING);
  const [conversation, setConversation] = createSignal<Conversation>();
  const tell = (input: StartInput) => setState((before) => nextStart(before, input));
  const told = (latest: Session) => {
    setAnswered(latest);
    tell({ event: "session", data: latest });
  };

  loadOnce(hash, { told: (latest) => listed() === undefined && told(latest), tell });
  followList(listed, tell);
  followStart(hash, { starting: createMemo(() => state().at === "starting"), tell });
  followConversation(hash, {
    running: createMemo(() => state().at === "running"),
    tell: (input) => setConversation((before) => nextConversation(before, input)),
  });
  // The list goes on to tell of the session in place, down to each port; an answer is of one moment.
  return { session: () => listed() ?? answered(), state, conversation, told };
}

function loadOnce(
  hash: string,
  view: { told: (session: Session) => unknown; tell: (input: StartInput) => void },
): void {
  const abort = new AbortController();
  onCleanup(() => abort.abort());
  void getSession(hash, abort.signal).then((answer) => {
    if (answer.ok) return view.told(answer.value);
    const { kind, detail } = answer.failure;
    if (kind === "missing") view.tell({ event: "gone" });
    else if (kind !== "aborted") view.tell({ event: "unreachable", data: detail });
  });
}

/** @NOTE Only a session that was in the list can be gone from it: an admin looks at sessions that never are. */
function followList(listed: Accessor<Session | undefined>, tell: (input: StartInput) => void): void {
  let known = false;
  createEffect(() => {
    const found = listed();
    if (found !== undefined) tell({ event: "session", data: { ...found } });
    else if (known) tell({ event: "gone" });
    known = found !== undefined;
  });
}

/** @NOTE The server ends the stream after `complete` and `error`; both leave `starting`, which closes it before it is asked for again. */
function followStart(hash: string, view: { starting: Accessor<boolean>; tell: (input: StartInput) => void }): void {
  const app = useApp();
  createEffect(() => {
    if (!view.starting()) return;
    const abort = new AbortController();
    onCleanup(() => abort.abort());
    followStream({
      url: `/api/sessions/${hash}/events`,
      events: StartEvents,
      signal: abort.signal,
      onEvent: view.tell,
      onMalformed: app.reportMalformed,
    });
  });
}

function followConversation(
  hash: string,
  view: { running: Accessor<boolean>; tell: (input: Parameters<typeof nextConversation>[1]) => void },
): void {
  const app = useApp();
  createEffect(() => {
    if (!view.running()) return;
    whileVisible((signal) =>
      followStream({
        url: `/api/sessions/${hash}/progress/stream`,
        events: ProgressEvents,
        signal,
        onEvent: view.tell,
        onMalformed: app.reportMalformed,
      }),
    );
  });
}
