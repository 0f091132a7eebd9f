import { Route, Router, useLocation } from "@solidjs/router";
import { createEffect, on } from "solid-js";
import type { ParentProps } from "solid-js";
import { AppState, createAppState } from "./app-state.ts";
import { Header } from "./parts/header.tsx";
import { AdminPage } from "./pages/admin.tsx";
import { MissingPage } from "./pages/missing.tsx";
import { NewSessionPage } from "./pages/new-session.tsx";
import { SessionPage } from "./pages/session.tsx";
import { SessionsPage } from "./pages/sessions.tsx";
import { SettingsPage } from "./pages/settings.tsx";
import { t } from "./text.ts";

/** After a navigation the focus goes to where a person goes on: a page's first field with a keyboard at hand, else its heading. */
function focusPage(): void {
  const field = matchMedia("(pointer: fine)").matches
    ? document.querySelector<HTMLElement>("[data-first-field]")
    : null;
  (field ?? document.querySelector<HTMLElement>("h1"))?.focus();
}

function Layout(props: ParentProps) {
  const location = useLocation();
  createEffect(
    on(
      () => location.pathname,
      () => queueMicrotask(focusPage),
      { defer: true },
    ),
  );
  return (
    <AppState.Provider value={createAppState()}>
      <a class="skip" href="#content" target="_self">
        {t("skip.to.content")}
      </a>
      <Header />
      <main id="content" tabindex="-1">
        {props.children}
      </main>
    </AppState.Provider>
  );
}

export function App() {
  return (
    <Router root={Layout}>
      <Route path="/" component={SessionsPage} />
      <Route path="/new" component={NewSessionPage} />
      <Route path="/sessions/:hash" component={SessionPage} />
      <Route path="/settings" component={SettingsPage} />
      <Route path="/admin" component={AdminPage} />
      <Route path="*" component={MissingPage} />
    </Router>
  );
}
