import { t } from "../text.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";

interface DeleteDialogProps {
  readonly name: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Says what is lost with a session before it is lost. */
export const DeleteDialog = (props: DeleteDialogProps) => (
  <ConfirmDialog
    heading={t("delete.heading", { name: props.name })}
    confirm={t("delete.confirm")}
    onConfirm={props.onConfirm}
    onClose={props.onClose}
  >
    <p>{t("delete.lost")}</p>
    <p>
      {t("delete.kept")} <strong>{t("delete.final")}</strong>
    </p>
  </ConfirmDialog>
);
