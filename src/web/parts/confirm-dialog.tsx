import { createUniqueId, onMount } from "solid-js";
import type { JSX } from "solid-js";
import { t } from "../text.ts";

interface ConfirmDialogProps {
  readonly heading: string;
  /** What happens, before it happens. */
  readonly children: JSX.Element;
  readonly confirm: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Modal by the browser: the focus stays inside, Escape closes it, and the focus goes back to where it was. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const id = createUniqueId();
  let dialog!: HTMLDialogElement;
  onMount(() => dialog.showModal());
  const confirm = () => {
    dialog.close();
    props.onConfirm();
  };
  return (
    <dialog
      ref={(element) => (dialog = element)}
      class="dialog"
      aria-labelledby={`${id}-heading`}
      aria-describedby={`${id}-text`}
      onClose={() => props.onClose()}
      onClick={(event) => event.target === dialog && dialog.close()}
    >
      <div class="dialog-body">
        <h2 id={`${id}-heading`}>{props.heading}</h2>
        <div id={`${id}-text`}>{props.children}</div>
        <div class="dialog-actions">
          <button type="button" class="button" autofocus onClick={() => dialog.close()}>
            {t("action.cancel")}
          </button>
          <button type="button" class="button danger-solid" onClick={confirm}>
            {props.confirm}
          </button>
        </div>
      </div>
    </dialog>
  );
}
