import { A } from "@solidjs/router";
import { For, Match, Switch } from "solid-js";
import { useApp } from "../app-state.ts";
import { BrandMark, PlusIcon } from "../parts/icons.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { SessionRow } from "../parts/session-row.tsx";
import { t } from "../text.ts";

const Empty = () => (
  <div class="empty">
    <BrandMark />
    <h2>{t("sessions.empty.heading")}</h2>
    <p>{t("sessions.empty.text")}</p>
    <A href="/new" class="button primary">
      {t("sessions.empty.action")}
    </A>
  </div>
);

export function SessionsPage() {
  const app = useApp();
  return (
    <div class="page">
      <div class="page-head">
        <PageTitle tab={t("title.sessions")}>{t("sessions.heading")}</PageTitle>
        <A href="/new" class="button primary">
          <PlusIcon />
          {t("sessions.new")}
        </A>
      </div>
      <Switch>
        <Match when={!app.loaded()}>
          <p class="loading" role="status">
            {t("sessions.loading")}
          </p>
        </Match>
        <Match when={app.sessions.length === 0}>
          <Empty />
        </Match>
        <Match when={app.sessions.length > 0}>
          <ul class="rows" aria-label={t("sessions.list")}>
            <For each={app.sessions}>{(session) => <SessionRow session={session} />}</For>
          </ul>
        </Match>
      </Switch>
    </div>
  );
}
