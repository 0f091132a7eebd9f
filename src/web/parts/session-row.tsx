import { A, useNavigate } from "@solidjs/router";
import { For, Match, Show, Switch } from "solid-js";
import type { Session } from "../../contracts/session.ts";
import { createSessionActions } from "../session-actions.ts";
import { sessionName } from "../state/format.ts";
import { offers } from "../state/offered-actions.ts";
import { t } from "../text.ts";
import { ActionFeedback } from "./action-feedback.tsx";
import { RelativeTime } from "./relative-time.tsx";
import { OpenLink, SessionButtons } from "./session-buttons.tsx";
import { SessionSource } from "./session-source.tsx";
import { StateBadge } from "./state-badge.tsx";

const openUrl = (session: Session) => (offers("open", session) ? session.url : null);

function Ports(props: { readonly session: Session }) {
  return (
    <Show when={props.session.ports.length > 0}>
      <ul class="ports" aria-label={t("session.ports")}>
        <For each={props.session.ports}>
          {(port) => (
            <li>
              <a
                class="port"
                href={port.url}
                target="_blank"
                rel="noreferrer"
                aria-label={t("session.port", {
                  port: port.port,
                  process: port.process,
                  level: t(`level.${port.level}`),
                })}
              >
                <span class="port-number">:{port.port}</span> {port.process}
                <Show when={port.level !== "owner"}>
                  <span class="port-level"> · {t(`level.${port.level}`)}</span>
                </Show>
              </a>
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}

/** The one sentence about the state that the badge does not say. */
const StateSentence = (props: { readonly session: Session }) => (
  <Switch>
    <Match when={props.session.state === "starting" && (props.session.progress ?? "queued")}>
      {(stage) => <p class="stage">{t(`stage.${stage()}`)}…</p>}
    </Match>
    <Match when={props.session.state === "failed"}>
      <p class="failure">{props.session.message ?? t("session.failed")}</p>
    </Match>
  </Switch>
);

export function SessionRow(props: { readonly session: Session }) {
  const navigate = useNavigate();
  const actions = createSessionActions(props.session.hash, () => undefined);
  const page = () => `/sessions/${props.session.hash}`;
  return (
    <li class="row" data-hash={props.session.hash}>
      <div class="row-main">
        <div class="row-title">
          <A href={page()} class="row-name">
            {sessionName(props.session)}
          </A>
          <StateBadge state={props.session.state} />
          <Show when={props.session.busy}>
            <span class="tag">{t("session.busy")}</span>
          </Show>
        </div>
        <div class="meta">
          <SessionSource session={props.session} name={sessionName(props.session)} />
          <RelativeTime text="session.active" at={props.session.lastActivity} />
        </div>
        <div class="row-live" aria-live="polite">
          <StateSentence session={props.session} />
        </div>
        <Ports session={props.session} />
      </div>
      <div class="row-actions" role="group" aria-label={t("session.actions", { name: sessionName(props.session) })}>
        <SessionButtons session={props.session} actions={actions} onResumed={() => navigate(page())} />
        <Show when={openUrl(props.session)}>{(url) => <OpenLink session={props.session} url={url()} />}</Show>
      </div>
      <div class="row-feedback">
        <ActionFeedback actions={actions} />
      </div>
    </li>
  );
}
