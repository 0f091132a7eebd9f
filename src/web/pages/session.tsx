import { A, useNavigate, useParams } from "@solidjs/router";
import { Match, Show, Switch, createEffect, onCleanup } from "solid-js";
import type { Session, SessionState as State } from "../../contracts/session.ts";
import { useApp } from "../app-state.ts";
import { ActionFeedback } from "../parts/action-feedback.tsx";
import { ConversationLog } from "../parts/conversation-log.tsx";
import { BackIcon } from "../parts/icons.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { PortsCard } from "../parts/ports-card.tsx";
import { SessionButtons } from "../parts/session-buttons.tsx";
import { SessionSource } from "../parts/session-source.tsx";
import { SessionState } from "../parts/session-state.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { createSessionActions } from "../session-actions.ts";
import { createSessionView } from "../session-view.ts";
import type { SessionView } from "../session-view.ts";
import { sessionName } from "../state/format.ts";
import { t } from "../text.ts";

const badge = (view: SessionView, session: Session): State => {
  const { at } = view.state();
  return at === "loading" || at === "missing" || at === "unreachable" ? session.state : at;
};

/** Opens the session when it is ready, once, if the person has just asked for it: coming back does not send them away again. */
function forwardWhenReady(hash: string, view: SessionView): void {
  const app = useApp();
  createEffect(() => {
    const state = view.state();
    if (app.awaited() !== hash) return;
    if (state.at === "failed" || state.at === "missing") app.setAwaited(undefined);
    if (state.at !== "running") return;
    app.setAwaited(undefined);
    location.assign(state.url);
  });
  onCleanup(() => app.setAwaited(undefined));
}

function Known(props: { readonly hash: string; readonly session: Session; readonly view: SessionView }) {
  const app = useApp();
  const navigate = useNavigate();
  const actions = createSessionActions(props.hash, props.view.told);
  forwardWhenReady(props.hash, props.view);
  const name = () => props.view.conversation()?.title?.trim() || sessionName(props.session);
  const now = () => ({ ...props.session, state: badge(props.view, props.session) });
  return (
    <>
      <section class="card session-card">
        <div class="session-head">
          <PageTitle tab={t("title.session", { name: name() })}>{name()}</PageTitle>
          <StateBadge state={now().state} />
        </div>
        <div class="meta">
          <SessionSource session={props.session} name={name()} />
        </div>
        <div class="session-state">
          <SessionState
            state={props.view.state()}
            session={props.session}
            awaited={app.awaited() === props.hash}
            actions={actions}
          />
        </div>
        <ActionFeedback actions={actions} />
        <div class="card-actions">
          <SessionButtons session={now()} actions={actions} resumeElsewhere onDeleted={() => navigate("/")} />
        </div>
      </section>
      <Show when={app.me()?.email === props.session.owner}>
        <PortsCard session={props.session} />
      </Show>
      <Show when={props.view.state().at === "running" && props.view.conversation()}>
        {(conversation) => <ConversationLog conversation={conversation()} />}
      </Show>
    </>
  );
}

const Note = (props: { readonly heading: string; readonly text: string; readonly retry?: boolean }) => (
  <section class="card" role="alert">
    <PageTitle tab={t("title.missing")}>{props.heading}</PageTitle>
    <p>{props.text}</p>
    <div class="card-actions">
      <Show
        when={props.retry}
        fallback={
          <A href="/" class="button">
            {t("start.missing.action")}
          </A>
        }
      >
        <button type="button" class="button" onClick={() => location.reload()}>
          {t("start.retry")}
        </button>
      </Show>
    </div>
  </section>
);

function View(props: { readonly hash: string }) {
  const view = createSessionView(props.hash);
  const unreachable = () => {
    const state = view.state();
    return state.at === "unreachable" ? state.detail : undefined;
  };
  return (
    <div class="page narrow">
      <A href="/" class="back">
        <BackIcon />
        {t("start.back")}
      </A>
      <Switch fallback={<p class="loading">{t("start.loading")}</p>}>
        <Match when={view.state().at === "missing"}>
          <Note heading={t("start.missing.heading")} text={t("start.missing.text")} />
        </Match>
        <Match when={unreachable()}>
          {(detail) => <Note heading={t("start.unreachable.heading")} text={detail()} retry />}
        </Match>
        <Match when={view.session()}>{(session) => <Known hash={props.hash} session={session()} view={view} />}</Match>
      </Switch>
    </div>
  );
}

export function SessionPage() {
  const params = useParams<{ hash: string }>();
  return (
    <Show when={params.hash} keyed>
      {(hash) => <View hash={hash} />}
    </Show>
  );
}
