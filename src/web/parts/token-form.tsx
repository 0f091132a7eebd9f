import { For, createSignal } from "solid-js";
import { TOKEN_SCOPES } from "../../contracts/token.ts";
import type { CreateToken } from "../../contracts/token.ts";
import { useApp } from "../app-state.ts";
import type { Asking } from "../asking.ts";
import { TOKEN_ENDS } from "../state/ends.ts";
import { EMPTY_TOKEN, missingOf, tokenBody, withScope } from "../state/token-form.ts";
import type { TokenForm as Form } from "../state/token-form.ts";
import { t } from "../text.ts";
import { Field } from "./field.tsx";
import { Select } from "./select.tsx";

const ENDS = TOKEN_ENDS.map((value) => ({
  value,
  label: t(value === "never" ? "tokens.ends.never" : `ends.${value}`),
}));

function ScopeChoice(props: { readonly form: Form; readonly onForm: (form: Form) => void }) {
  const app = useApp();
  const offered = () => TOKEN_SCOPES.filter((scope) => scope !== "admin" || app.me()?.admin);
  return (
    <fieldset class="checks">
      <legend>{t("tokens.scopes")}</legend>
      <For each={offered()}>
        {(scope) => (
          <label>
            <input
              type="checkbox"
              name="scopes"
              value={scope}
              checked={props.form.scopes.includes(scope)}
              onChange={(event) => props.onForm(withScope(props.form, scope, event.currentTarget.checked))}
            />
            <span>{t(`scope.${scope}`)}</span>
          </label>
        )}
      </For>
    </fieldset>
  );
}

interface TokenFormProps {
  readonly asking: Asking;
  readonly onMake: (body: CreateToken) => Promise<boolean>;
}

export function TokenForm(props: TokenFormProps) {
  const [form, setForm] = createSignal(EMPTY_TOKEN);
  let element!: HTMLFormElement;
  const make = async (event: Event) => {
    event.preventDefault();
    const missing = missingOf(form());
    if (missing !== undefined) {
      props.asking.refuse(t(missing.text));
      return element.querySelector<HTMLElement>(`[name="${missing.field}"]`)?.focus();
    }
    await props.onMake(tokenBody(form(), Date.now()));
  };
  return (
    <form
      ref={(one) => (element = one)}
      class="fields"
      autocomplete="off"
      novalidate
      onSubmit={(event) => void make(event)}
    >
      <Field label={t("tokens.name")}>
        {({ id }) => (
          <input
            id={id}
            type="text"
            name="name"
            class="input"
            maxlength="100"
            placeholder={t("tokens.name.placeholder")}
            value={form().name}
            onInput={(event) => setForm({ ...form(), name: event.currentTarget.value })}
          />
        )}
      </Field>
      <ScopeChoice form={form()} onForm={setForm} />
      <Field label={t("tokens.ends")}>
        {({ id }) => (
          <Select
            id={id}
            name="ends"
            value={form().ends}
            options={ENDS}
            onValue={(ends) => setForm({ ...form(), ends })}
          />
        )}
      </Field>
      <div class="form-actions">
        <button type="submit" class="button primary" aria-disabled={props.asking.pending()}>
          {t(props.asking.pending() ? "tokens.making" : "tokens.make")}
        </button>
      </div>
    </form>
  );
}
