import { For, Show, createSignal } from "solid-js";
import type { SecretEntry } from "../../contracts/user-secret.ts";
import { getSecrets, putSecret, removeSecret } from "../api.ts";
import { createOwnList } from "../own-list.ts";
import type { OwnList } from "../own-list.ts";
import { t } from "../text.ts";
import { ConfirmButton } from "./confirm-button.tsx";
import { Field, NameInput } from "./field.tsx";
import { RelativeTime } from "./relative-time.tsx";
import { Result } from "./result.tsx";
import { Section } from "./section.tsx";

interface SecretRowProps {
  readonly secret: SecretEntry;
  readonly pending: boolean;
  readonly onReplace: () => void;
  readonly onRemove: () => void;
}

const SecretRow = (props: SecretRowProps) => (
  <li class="entry">
    <div class="entry-main">
      <span class="entry-name mono">{props.secret.name}</span>
      <span class="hint">
        <RelativeTime text="secrets.updated" at={props.secret.updatedAt} />
      </span>
    </div>
    <div class="entry-actions">
      <button
        type="button"
        class="button small quiet"
        aria-label={t("secrets.replace.label", { name: props.secret.name })}
        onClick={() => props.onReplace()}
      >
        {t("secrets.replace")}
      </button>
      <ConfirmButton
        label={t("secrets.remove")}
        name={t("secrets.remove.label", { name: props.secret.name })}
        heading={t("secrets.remove.heading", { name: props.secret.name })}
        text={t("secrets.remove.text")}
        pending={props.pending}
        onConfirm={props.onRemove}
      />
    </div>
  </li>
);

interface ValueFieldProps {
  readonly ref: (field: HTMLTextAreaElement) => void;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

/** Masked, and no password field: keys have lines, which those lose. */
const ValueField = (props: ValueFieldProps) => (
  <Field label={t("secrets.value")}>
    {({ id }) => (
      <textarea
        ref={(element) => props.ref(element)}
        id={id}
        name="value"
        class="input mono short masked"
        rows="2"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={props.value}
        onInput={(event) => props.onValue(event.currentTarget.value)}
      />
    )}
  </Field>
);

interface SecretFormProps {
  readonly list: OwnList<SecretEntry>;
  readonly name: string;
  readonly onName: (name: string) => void;
  readonly valueRef: (field: HTMLTextAreaElement) => void;
}

function SecretForm(props: SecretFormProps) {
  const [value, setValue] = createSignal("");
  let element!: HTMLFormElement;
  const save = async (event: Event) => {
    event.preventDefault();
    const { list } = props;
    const name = props.name.trim();
    if (name === "") {
      list.asking.refuse(t("secrets.name.missing"));
      return element.querySelector<HTMLElement>("input")?.focus();
    }
    const saved = await list.change(
      () => putSecret(name, value()),
      () => t("secrets.saved", { name }),
    );
    if (!saved) return;
    setValue("");
    props.onName("");
  };
  return (
    <form
      ref={(one) => (element = one)}
      class="fields"
      autocomplete="off"
      novalidate
      onSubmit={(event) => void save(event)}
    >
      <Field label={t("secrets.name")}>
        {({ id, hintId }) => (
          <NameInput
            id={id}
            hintId={hintId}
            name="name"
            placeholder={t("secrets.name.placeholder")}
            value={props.name}
            onValue={props.onName}
          />
        )}
      </Field>
      <ValueField ref={props.valueRef} value={value()} onValue={setValue} />
      <div class="form-actions">
        <button type="submit" class="button primary" aria-disabled={props.list.asking.pending()}>
          {t(props.list.asking.pending() ? "action.saving" : "secrets.save")}
        </button>
      </div>
    </form>
  );
}

/** A person's secrets, by name: what they are cannot be read. */
export function SecretsSection() {
  const list = createOwnList(getSecrets);
  const [name, setName] = createSignal("");
  let heading!: HTMLElement;
  let value!: HTMLTextAreaElement;
  const replace = (secret: SecretEntry) => {
    setName(secret.name);
    value.focus();
  };
  const remove = async (secret: SecretEntry) => {
    const removed = await list.change(
      () => removeSecret(secret.name),
      () => t("secrets.removed", { name: secret.name }),
    );
    if (removed) heading.focus();
  };
  return (
    <Section heading={t("secrets.heading")} ref={(element) => (heading = element)}>
      <p class="hint">{t("secrets.text")}</p>
      <Show when={list.items()}>
        {(secrets) => (
          <ul class="entries" aria-label={t("secrets.list")}>
            <For each={secrets()} fallback={<li class="hint">{t("secrets.empty")}</li>}>
              {(secret) => (
                <SecretRow
                  secret={secret}
                  pending={list.asking.pending()}
                  onReplace={() => replace(secret)}
                  onRemove={() => void remove(secret)}
                />
              )}
            </For>
          </ul>
        )}
      </Show>
      <Result of={list.asking} />
      <SecretForm list={list} name={name()} onName={setName} valueRef={(element) => (value = element)} />
    </Section>
  );
}
