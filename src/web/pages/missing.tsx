import { A } from "@solidjs/router";
import { PageTitle } from "../parts/page-title.tsx";
import { t } from "../text.ts";

export function MissingPage() {
  return (
    <div class="page narrow">
      <div class="card">
        <PageTitle tab={t("title.missing")}>{t("missing.heading")}</PageTitle>
        <div class="card-actions">
          <A href="/" class="button">
            {t("start.missing.action")}
          </A>
        </div>
      </div>
    </div>
  );
}
