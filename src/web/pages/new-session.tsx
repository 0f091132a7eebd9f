import { A, useNavigate } from "@solidjs/router";
import { For, Show, createEffect } from "solid-js";
import { useApp } from "../app-state.ts";
import { createNewSessionForm } from "../new-session-form.ts";
import type { NewSessionForm } from "../new-session-form.ts";
import { Field } from "../parts/field.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { RepositoryFields } from "../parts/repository-fields.tsx";
import { t } from "../text.ts";

function KindChoice(props: { readonly state: NewSessionForm }) {
  return (
    <fieldset class="choice">
      <legend>{t("new.kind")}</legend>
      <For each={["repository", "blank"] as const}>
        {(kind) => (
          <label>
            <input
              type="radio"
              name="kind"
              value={kind}
              checked={props.state.form().kind === kind}
              onChange={() => props.state.tell({ do: "kind", kind })}
            />
            <span>{t(`new.kind.${kind}`)}</span>
          </label>
        )}
      </For>
    </fieldset>
  );
}

function MessageField(props: { readonly state: NewSessionForm }) {
  return (
    <Field label={t("new.message")} hint={t("new.message.hint")} optional>
      {({ id, hintId }) => (
        <textarea
          id={id}
          name="initialMessage"
          class="input"
          rows="5"
          aria-describedby={hintId}
          placeholder={t("new.message.placeholder")}
          value={props.state.form().message}
          onInput={(event) => props.state.tell({ do: "type", field: "message", value: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}

export function NewSessionPage() {
  const app = useApp();
  const navigate = useNavigate();
  const state = createNewSessionForm();
  let element!: HTMLFormElement;
  createEffect(() => {
    const repoUrl = app.me()?.defaultGitRepo;
    if (repoUrl) state.tell({ do: "propose", repoUrl });
  });

  const submit = async (event: Event) => {
    event.preventDefault();
    const result = await state.submit();
    if (result === undefined) return;
    if ("missing" in result) return element.querySelector<HTMLElement>(`[name="${result.missing}"]`)?.focus();
    app.put(result.session);
    app.setAwaited(result.session.hash);
    navigate(`/sessions/${result.session.hash}`);
  };
  return (
    <div class="page narrow">
      <PageTitle tab={t("title.new")}>{t("new.heading")}</PageTitle>
      <form
        ref={(form) => (element = form)}
        class="form"
        autocomplete="off"
        novalidate
        onSubmit={(event) => void submit(event)}
      >
        <KindChoice state={state} />
        <Show when={state.form().kind === "repository"} fallback={<p class="hint">{t("new.kind.blank.hint")}</p>}>
          <RepositoryFields state={state} />
        </Show>
        <MessageField state={state} />
        <div role="alert">
          <Show when={state.form().error}>{(error) => <p class="problem">{error()}</p>}</Show>
        </div>
        <div class="form-actions">
          <A href="/" class="button quiet">
            {t("action.cancel")}
          </A>
          <button type="submit" class="button primary" aria-disabled={state.form().sending}>
            {t(state.form().sending ? "new.submitting" : "new.submit")}
          </button>
        </div>
      </form>
    </div>
  );
}
