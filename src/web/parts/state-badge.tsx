import type { SessionState } from "../../contracts/session.ts";
import { t } from "../text.ts";

export const StateBadge = (props: { readonly state: SessionState }) => (
  <span class="badge" data-state={props.state}>
    <span class="dot" aria-hidden="true" />
    {t(`state.${props.state}`)}
  </span>
);
