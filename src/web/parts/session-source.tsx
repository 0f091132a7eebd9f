import { Show } from "solid-js";
import type { Session } from "../../contracts/session.ts";
import { repositoryName } from "../state/format.ts";
import { t } from "../text.ts";
import { BranchIcon } from "./icons.tsx";

/** Repository and branch of a session, or that it has none. */
export const SessionSource = (props: { readonly session: Session }) => (
  <Show when={props.session.repoUrl} fallback={<span>{t("session.blank")}</span>}>
    {(repoUrl) => (
      <>
        <span class="repository" title={repoUrl()}>
          {repositoryName(repoUrl())}
        </span>
        <Show when={props.session.branch}>
          {(branch) => (
            <span class="branch" title={branch()}>
              <BranchIcon />
              <span class="branch-name">{branch()}</span>
            </span>
          )}
        </Show>
      </>
    )}
  </Show>
);
