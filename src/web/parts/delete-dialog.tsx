import { createUniqueId, onMount } from "solid-js";
import { t } from "../text.ts";

interface DeleteDialogProps {
  readonly name: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Says what is lost before it is lost. Modal by the browser: the focus stays inside and Escape closes it. */
export function DeleteDialog(props: DeleteDialogProps) {
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
        <h2 id={`${id}-heading`}>{t("delete.heading", { name: props.name })}</h2>
        <div id={`${id}-text`}>
          <p>{t("delete.lost")}</p>
          <p>
            {t("delete.kept")} <strong>{t("delete.final")}</strong>
          </p>
        </div>
        <div class="dialog-actions">
          <button type="button" class="button" autofocus onClick={() => dialog.close()}>
            {t("action.cancel")}
          </button>
          <button type="button" class="button danger-solid" onClick={confirm}>
            {t("delete.confirm")}
          </button>
        </div>
      </div>
    </dialog>
  );
}
