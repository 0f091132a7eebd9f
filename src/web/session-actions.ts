import { createSignal } from "solid-js";
import type { Accessor } from "solid-js";
import type { Session } from "../contracts/session.ts";
import { deleteSession, getAttachInfo, resumeSession, stopSession } from "./api.ts";
import type { Outcome } from "./api.ts";
import { useApp } from "./app-state.ts";
import { copyText } from "./clipboard.ts";

export type Pending = "stop" | "resume" | "delete" | "attach";

/** What became of the attach command: on the clipboard, or shown for copying by hand. */
export type AttachResult = { readonly copied: true } | { readonly copied: false; readonly command: string };

export interface SessionActions {
  readonly pending: Accessor<Pending | undefined>;
  readonly problem: Accessor<string | undefined>;
  readonly attach: Accessor<AttachResult | undefined>;
  readonly dismissAttach: () => void;
  readonly stop: () => Promise<boolean>;
  readonly resume: () => Promise<boolean>;
  readonly remove: () => Promise<boolean>;
  readonly copyAttach: () => Promise<boolean>;
}

/** The actions of one session with their feedback; one at a time, so a double click asks once. */
export function createSessionActions(hash: string, onSession: (session: Session) => void): SessionActions {
  const app = useApp();
  const [pending, setPending] = createSignal<Pending>();
  const [problem, setProblem] = createSignal<string>();
  const [attach, setAttach] = createSignal<AttachResult>();

  async function run<T>(name: Pending, ask: () => Promise<Outcome<T>>, use: (value: T) => void | Promise<void>) {
    if (pending() !== undefined) return false;
    setPending(name);
    setProblem(undefined);
    setAttach(undefined);
    const outcome = await ask();
    if (outcome.ok) await use(outcome.value);
    else setProblem(outcome.failure.detail);
    setPending(undefined);
    return outcome.ok;
  }
  const told = (session: Session) => {
    app.put(session);
    onSession(session);
  };
  return {
    pending,
    problem,
    attach,
    dismissAttach: () => setAttach(undefined),
    stop: () => run("stop", () => stopSession(hash), told),
    resume: () =>
      run(
        "resume",
        () => resumeSession(hash),
        (session) => {
          app.setAwaited(hash);
          told(session);
        },
      ),
    remove: () =>
      run(
        "delete",
        () => deleteSession(hash),
        () => undefined,
      ),
    copyAttach: () =>
      run(
        "attach",
        () => getAttachInfo(hash),
        async ({ command }) => {
          setAttach((await copyText(command)) ? { copied: true } : { copied: false, command });
        },
      ),
  };
}
