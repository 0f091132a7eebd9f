import { createUniqueId, onMount } from "solid-js";
import type { JSX } from "solid-js";

interface CopyFieldProps {
  /** Why the text is here. */
  readonly text: string;
  readonly label: string;
  readonly value: string;
  /** Beside the field: buttons. */
  readonly children: JSX.Element;
}

/** A text to copy, selected as a whole; it takes the focus when it appears. */
export function CopyField(props: CopyFieldProps) {
  const id = createUniqueId();
  let field!: HTMLInputElement;
  onMount(() => {
    field.focus();
    field.select();
  });
  return (
    <div class="copy-field">
      <p id={id}>{props.text}</p>
      <div class="copy-line">
        <input
          ref={(element) => (field = element)}
          class="input mono"
          readOnly
          value={props.value}
          aria-label={props.label}
          aria-describedby={id}
          onFocus={() => field.select()}
        />
        {props.children}
      </div>
    </div>
  );
}
