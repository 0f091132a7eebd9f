import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { useApp } from "../app-state.ts";
import { t } from "../text.ts";
import { BrandMark } from "./icons.tsx";

export function Header() {
  const app = useApp();
  return (
    <>
      <header class="header">
        <A href="/" class="brand">
          <BrandMark />
          {t("product.name")}
        </A>
        <div class="header-status" role="status">
          <Show when={app.link() === "reconnecting" && !app.signedOut()}>
            <span class="reconnecting">{t("link.reconnecting")}</span>
          </Show>
        </div>
        <Show when={app.me()}>
          {(me) => (
            <div class="who">
              <nav class="pages" aria-label={t("header.pages")}>
                <A href="/settings">{t("header.settings")}</A>
                <Show when={me().admin}>
                  <A href="/admin">{t("header.admin")}</A>
                </Show>
              </nav>
              <span class="email" title={t("header.signed-in-as", { email: me().email })}>
                {me().email}
              </span>
            </div>
          )}
        </Show>
      </header>
      <div role="alert">
        <Show when={app.signedOut() || app.malformed()}>
          <div class="banner">
            <span>{t(app.signedOut() ? "link.signed-out" : "link.malformed")}</span>
            <button type="button" class="button small" onClick={() => location.reload()}>
              {t("action.reload")}
            </button>
          </div>
        </Show>
      </div>
    </>
  );
}
