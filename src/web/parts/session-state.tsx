import { Match, Show, Switch } from "solid-js";
import type { Session } from "../../contracts/session.ts";
import type { SessionActions } from "../session-actions.ts";
import type { StartState } from "../state/start.ts";
import { t } from "../text.ts";
import { StageList } from "./stage-list.tsx";

type At<A extends StartState["at"]> = Extract<StartState, { at: A }>;

const when = <A extends StartState["at"]>(state: StartState, at: A): At<A> | undefined =>
  state.at === at ? (state as At<A>) : undefined;

interface SessionStateProps {
  readonly state: StartState;
  readonly session: Session;
  /** The session opens by itself when it is ready. */
  readonly awaited: boolean;
  readonly actions: SessionActions;
}

const ResumeButton = (props: { readonly actions: SessionActions; readonly label: string }) => (
  <button
    type="button"
    class="button primary"
    aria-disabled={props.actions.pending() !== undefined}
    onClick={() => void props.actions.resume()}
  >
    {props.label}
  </button>
);

/** What the session is doing, in words, and the one thing to do next. */
export const SessionState = (props: SessionStateProps) => (
  <Switch>
    <Match when={when(props.state, "starting")}>
      {(state) => (
        <>
          <StageList state={state()} hasRepository={props.session.repoUrl !== null} />
          <Show when={props.awaited}>
            <p class="hint">{t("start.opens-itself")}</p>
          </Show>
        </>
      )}
    </Match>
    <Match when={when(props.state, "running")}>
      {(state) => (
        <>
          <p role="status">{t("start.ready")}</p>
          <a class="button primary" href={state().url}>
            {t("start.open")}
          </a>
        </>
      )}
    </Match>
    <Match when={when(props.state, "failed")}>
      {(state) => (
        <>
          <div role="alert">
            <h2>{t("start.failed.heading")}</h2>
            <p class="failure">{state().message || t("session.failed")}</p>
          </div>
          <ResumeButton actions={props.actions} label={t("start.retry")} />
        </>
      )}
    </Match>
    <Match when={when(props.state, "stopped")}>
      <p role="status">{t("start.stopped")}</p>
      <ResumeButton actions={props.actions} label={t("action.resume")} />
    </Match>
    <Match when={props.state.at === "stopping"}>
      <p role="status">{t("start.stopping")}</p>
    </Match>
    <Match when={props.state.at === "deleting"}>
      <p role="status">{t("start.deleting")}</p>
    </Match>
  </Switch>
);
