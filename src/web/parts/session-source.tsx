import { Show } from "solid-js";
import type { Session } from "../../contracts/session.ts";
import { repositoryName } from "../state/format.ts";
import { t } from "../text.ts";
import { BranchIcon } from "./icons.tsx";

/** Repository and branch of a session, or that it has none; without what its `name` says already. */
export const SessionSource = (props: { readonly session: Session; readonly name: string }) => (
  <Show
    when={props.session.repoUrl}
    fallback={
      <Show when={props.name !== t("session.blank")}>
        <span>{t("session.blank")}</span>
      </Show>
    }
  >
    {(repoUrl) => (
      <>
        <Show when={props.name !== repositoryName(repoUrl())}>
          <span class="repository" title={repoUrl()}>
            {repositoryName(repoUrl())}
          </span>
        </Show>
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
