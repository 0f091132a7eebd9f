import { PageTitle } from "../parts/page-title.tsx";
import { SecretsSection } from "../parts/secrets-section.tsx";
import { TokensSection } from "../parts/tokens-section.tsx";
import { t } from "../text.ts";

export const SettingsPage = () => (
  <div class="page narrow">
    <PageTitle tab={t("title.settings")}>{t("settings.heading")}</PageTitle>
    <SecretsSection />
    <TokensSection />
  </div>
);
