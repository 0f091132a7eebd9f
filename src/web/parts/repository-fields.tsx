import { For } from "solid-js";
import type { NewSessionForm } from "../new-session-form.ts";
import { createRepositoryChoice } from "../repository-choice.ts";
import type { Field as FieldName } from "../state/new-session.ts";
import { t } from "../text.ts";
import { Field, NameInput } from "./field.tsx";

function SuggestButton(props: { readonly state: NewSessionForm }) {
  const can = () => props.state.form().repoUrl.trim() !== "" && !props.state.form().asking;
  return (
    <button
      type="button"
      class="link-button"
      aria-disabled={!can()}
      onClick={() => can() && props.state.tell({ do: "ask-again" })}
    >
      {t("new.suggest")}
    </button>
  );
}

const REPOSITORIES = "own-repositories";
const BRANCHES = "branches-of-repository";

/** Repository, source branch and branch. */
export function RepositoryFields(props: { readonly state: NewSessionForm }) {
  const form = () => props.state.form();
  const choice = createRepositoryChoice(props.state);
  const type = (field: FieldName) => (value: string) => props.state.tell({ do: "type", field, value });
  return (
    <>
      <Field label={t("new.repo")}>
        {({ id, hintId }) => (
          <NameInput
            id={id}
            hintId={hintId}
            name="repoUrl"
            inputmode="url"
            list={REPOSITORIES}
            data-first-field
            placeholder={t("new.repo.placeholder")}
            value={form().repoUrl}
            onValue={type("repoUrl")}
          />
        )}
      </Field>
      <datalist id={REPOSITORIES}>
        <For each={choice.repositories()}>{(one) => <option value={one.url}>{one.fullName}</option>}</For>
      </datalist>
      <datalist id={BRANCHES}>
        <For each={choice.branches()}>{(branch) => <option value={branch} />}</For>
      </datalist>
      <div class="field-pair">
        <Field label={t("new.source")} hint={t("new.source.hint")}>
          {({ id, hintId }) => (
            <NameInput
              id={id}
              hintId={hintId}
              name="sourceBranch"
              list={BRANCHES}
              value={form().sourceBranch}
              onValue={type("sourceBranch")}
            />
          )}
        </Field>
        <Field
          label={t("new.branch")}
          hint={t(form().asking ? "new.suggesting" : "new.branch.hint")}
          aside={<SuggestButton state={props.state} />}
        >
          {({ id, hintId }) => (
            <NameInput id={id} hintId={hintId} name="branch" value={form().branch} onValue={type("branch")} />
          )}
        </Field>
      </div>
    </>
  );
}
