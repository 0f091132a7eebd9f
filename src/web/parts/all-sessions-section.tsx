import { For, Show } from "solid-js";
import type { Session } from "../../contracts/session.ts";
import { createAllSessions } from "../all-sessions.ts";
import { createSessionActions } from "../session-actions.ts";
import { sessionName } from "../state/format.ts";
import { t } from "../text.ts";
import { ActionFeedback } from "./action-feedback.tsx";
import { RelativeTime } from "./relative-time.tsx";
import { Result } from "./result.tsx";
import { Section } from "./section.tsx";
import { SessionButtons } from "./session-buttons.tsx";
import { StateBadge } from "./state-badge.tsx";

interface AnySessionProps {
  readonly session: Session;
  readonly onSession: (session: Session) => void;
  readonly onDeleted: () => void;
}

function AnySession(props: AnySessionProps) {
  const actions = createSessionActions(props.session.hash, props.onSession);
  const name = () => sessionName(props.session);
  return (
    <li class="entry">
      <div class="entry-main">
        <span class="entry-name">{name()}</span>
        <StateBadge state={props.session.state} />
        <div class="meta">
          <span>{props.session.owner}</span>
          <span class="mono">{props.session.hash}</span>
          <RelativeTime text="session.active" at={props.session.lastActivity} />
        </div>
      </div>
      <div class="entry-actions" role="group" aria-label={t("session.actions", { name: name() })}>
        <SessionButtons
          session={props.session}
          actions={actions}
          endOnly
          onDeleted={() => {
            props.onSession({ ...props.session, state: "deleting" });
            props.onDeleted();
          }}
        />
      </div>
      <ActionFeedback actions={actions} />
    </li>
  );
}

export function AllSessionsSection() {
  const all = createAllSessions();
  let heading!: HTMLElement;
  return (
    <Section heading={t("admin.sessions.heading")} ref={(element) => (heading = element)}>
      <Result of={{ problem: all.problem, notice: () => undefined }} />
      <Show when={all.loaded()}>
        <ul class="entries" aria-label={t("admin.sessions.list")}>
          <For each={all.sessions} fallback={<li class="hint">{t("admin.sessions.empty")}</li>}>
            {(session) => <AnySession session={session} onSession={all.told} onDeleted={() => heading.focus()} />}
          </For>
        </ul>
      </Show>
    </Section>
  );
}
