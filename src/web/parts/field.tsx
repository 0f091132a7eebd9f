import { Show, createUniqueId, splitProps } from "solid-js";
import type { JSX } from "solid-js";
import { t } from "../text.ts";

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly optional?: boolean;
  /** Beside the label, e.g. a button. */
  readonly aside?: JSX.Element;
  readonly children: (ids: { readonly id: string; readonly hintId: string | undefined }) => JSX.Element;
}

export function Field(props: FieldProps) {
  const id = createUniqueId();
  const hintId = () => (props.hint === undefined ? undefined : `${id}-hint`);
  return (
    <div class="field">
      <div class="field-head">
        <label for={id}>{props.label}</label>
        <Show when={props.optional}>
          <span class="optional">{t("new.optional")}</span>
        </Show>
        {props.aside}
      </div>
      {props.children({ id, hintId: hintId() })}
      <Show when={props.hint}>
        <p class="hint" id={hintId()}>
          {props.hint}
        </p>
      </Show>
    </div>
  );
}

type NameInputProps = JSX.InputHTMLAttributes<HTMLInputElement> & {
  readonly hintId: string | undefined;
  readonly onValue: (value: string) => void;
};

/** For addresses and branch names: nothing that a phone or a browser "corrects". */
export function NameInput(props: NameInputProps) {
  const [own, rest] = splitProps(props, ["hintId", "onValue"]);
  return (
    <input
      type="text"
      class="input mono"
      autocomplete="off"
      autocapitalize="off"
      autocorrect="off"
      spellcheck={false}
      aria-describedby={own.hintId}
      onInput={(event) => own.onValue(event.currentTarget.value)}
      {...rest}
    />
  );
}
