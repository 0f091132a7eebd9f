import { AllSessionsSection } from "../parts/all-sessions-section.tsx";
import { AuditSection } from "../parts/audit-section.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { t } from "../text.ts";

/** For administrators; whoever else comes here reads the API's refusal. */
export const AdminPage = () => (
  <div class="page">
    <PageTitle tab={t("title.admin")}>{t("admin.heading")}</PageTitle>
    <AllSessionsSection />
    <AuditSection />
  </div>
);
