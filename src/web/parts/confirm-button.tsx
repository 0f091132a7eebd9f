import { Show, createSignal } from "solid-js";
import { ConfirmDialog } from "./confirm-dialog.tsx";

interface ConfirmButtonProps {
  readonly label: string;
  /** Says of what, where the label alone does not. */
  readonly name: string;
  readonly heading: string;
  readonly text: string;
  readonly pending: boolean;
  readonly onConfirm: () => void;
}

/** A button for what cannot be undone: it asks before. */
export function ConfirmButton(props: ConfirmButtonProps) {
  const [confirming, setConfirming] = createSignal(false);
  return (
    <>
      <button
        type="button"
        class="button small quiet danger"
        aria-label={props.name}
        aria-disabled={props.pending}
        onClick={() => !props.pending && setConfirming(true)}
      >
        {props.label}
      </button>
      <Show when={confirming()}>
        <ConfirmDialog
          heading={props.heading}
          confirm={props.label}
          onConfirm={props.onConfirm}
          onClose={() => setConfirming(false)}
        >
          <p>{props.text}</p>
        </ConfirmDialog>
      </Show>
    </>
  );
}
