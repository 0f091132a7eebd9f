import { Show, createSignal } from "solid-js";
import type { JSX } from "solid-js";
import type { Session } from "../../contracts/session.ts";
import type { Pending, SessionActions } from "../session-actions.ts";
import { sessionName } from "../state/format.ts";
import { offers } from "../state/offered-actions.ts";
import { t } from "../text.ts";
import { DeleteDialog } from "./delete-dialog.tsx";
import { OpenIcon } from "./icons.tsx";

interface ActionButtonProps {
  readonly name: Pending;
  readonly actions: SessionActions;
  readonly class?: string;
  readonly onClick: () => void;
  readonly children: JSX.Element;
}

/** `aria-disabled` instead of `disabled` while an action runs: the focus stays where it is. */
const ActionButton = (props: ActionButtonProps) => (
  <button
    type="button"
    class={`button small ${props.class ?? "quiet"}`}
    aria-disabled={props.actions.pending() !== undefined}
    aria-busy={props.actions.pending() === props.name}
    onClick={() => props.onClick()}
  >
    {props.children}
  </button>
);

export const OpenLink = (props: { readonly session: Session; readonly url: string }) => (
  <a
    class="button small primary"
    href={props.url}
    target="_blank"
    rel="noreferrer"
    aria-label={t("action.open.label", { name: sessionName(props.session) })}
  >
    {t("action.open")}
    <OpenIcon />
  </a>
);

interface SessionButtonsProps {
  readonly session: Session;
  readonly actions: SessionActions;
  /** The page has a resume button of its own. */
  readonly resumeElsewhere?: boolean;
  /** The session is somebody else's: an administrator may end it, and no more. */
  readonly endOnly?: boolean;
  readonly onResumed?: () => void;
  readonly onDeleted?: () => void;
}

/** Everything that may be asked of a session now, besides opening it. */
export function SessionButtons(props: SessionButtonsProps) {
  const [confirming, setConfirming] = createSignal(false);
  const resume = async () => {
    if (await props.actions.resume()) props.onResumed?.();
  };
  const remove = async () => {
    if (await props.actions.remove()) props.onDeleted?.();
  };
  return (
    <>
      <Show when={!props.resumeElsewhere && !props.endOnly && offers("resume", props.session)}>
        <ActionButton name="resume" class="" actions={props.actions} onClick={() => void resume()}>
          {t(props.session.state === "failed" ? "start.retry" : "action.resume")}
        </ActionButton>
      </Show>
      <Show when={offers("stop", props.session)}>
        <ActionButton name="stop" actions={props.actions} onClick={() => void props.actions.stop()}>
          {t("action.stop")}
        </ActionButton>
      </Show>
      <Show when={!props.endOnly && props.session.state !== "deleting"}>
        <ActionButton name="attach" actions={props.actions} onClick={() => void props.actions.copyAttach()}>
          {t("action.attach")}
        </ActionButton>
      </Show>
      <Show when={offers("delete", props.session)}>
        <ActionButton name="delete" class="quiet danger" actions={props.actions} onClick={() => setConfirming(true)}>
          {t("action.delete")}
        </ActionButton>
      </Show>
      <Show when={confirming()}>
        <DeleteDialog
          name={sessionName(props.session)}
          onConfirm={() => void remove()}
          onClose={() => setConfirming(false)}
        />
      </Show>
    </>
  );
}
