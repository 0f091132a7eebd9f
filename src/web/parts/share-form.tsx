import { Show, createSignal } from "solid-js";
import { SHARE_LEVELS } from "../../contracts/share.ts";
import type { SharePort } from "../../contracts/share.ts";
import { sharePort } from "../api.ts";
import type { SharedPort } from "../api.ts";
import { useApp } from "../app-state.ts";
import { createAsking } from "../asking.ts";
import { SHARE_ENDS } from "../state/ends.ts";
import { relativeTime } from "../state/format.ts";
import type { ShownPort } from "../state/ports.ts";
import { needsPeople, shareBody, shownForm } from "../state/share-form.ts";
import type { ShareForm as Form } from "../state/share-form.ts";
import { t } from "../text.ts";
import { Field } from "./field.tsx";
import { Result } from "./result.tsx";
import { Select } from "./select.tsx";

interface ShareFormProps {
  readonly hash: string;
  readonly port: ShownPort;
  readonly onShared: (share: SharedPort) => void;
}

/** Who may use a port, and until when. Follows the port until somebody changes something here. */
export function ShareForm(props: ShareFormProps) {
  const asking = createAsking();
  const [draft, setDraft] = createSignal<Form>();
  const form = () => shownForm(draft(), props.port);
  const change = (fields: Partial<Form>) => setDraft({ ...form(), ...fields });
  let element!: HTMLFormElement;

  const put = (body: SharePort) =>
    asking.ask(
      () => sharePort(props.hash, props.port.port, body),
      (share) => {
        setDraft(undefined);
        props.onShared(share);
        return t("share.saved", { port: share.port, level: t(`level.${share.level}`) });
      },
    );
  const save = (event: Event) => {
    event.preventDefault();
    if (!needsPeople(form())) return void put(shareBody(form(), props.port.expiresAt, Date.now()));
    asking.refuse(t("share.people.missing"));
    element.querySelector<HTMLElement>("textarea")?.focus();
  };
  const stop = async () => {
    if (!(await put({ level: "owner" }))) return;
    // The button goes with the share, and so does the form where nothing listens: the focus must not.
    const next = element.isConnected ? element.querySelector<HTMLElement>("select") : null;
    (next ?? document.querySelector<HTMLElement>("h1"))?.focus();
  };
  return (
    <form ref={(one) => (element = one)} class="fields" autocomplete="off" novalidate onSubmit={save}>
      <div class="field-pair">
        <Field label={t("share.level")}>
          {({ id }) => (
            <Select
              id={id}
              name="level"
              value={form().level}
              options={SHARE_LEVELS.map((value) => ({ value, label: t(`level.${value}`) }))}
              onValue={(level) => change({ level })}
            />
          )}
        </Field>
        <Show when={form().level !== "owner"}>
          <EndsField ends={form().ends} expiresAt={props.port.expiresAt} onEnds={(ends) => change({ ends })} />
        </Show>
      </div>
      <Show when={form().level === "people"}>
        <PeopleField people={form().people} onPeople={(people) => change({ people })} />
      </Show>
      <div role="status">
        <Show when={form().level === "public"}>
          <p class="warning">{t("share.public.warning")}</p>
        </Show>
      </div>
      <Result of={asking} />
      <Buttons shared={props.port.level !== "owner"} pending={asking.pending()} onStop={() => void stop()} />
    </form>
  );
}

const Buttons = (props: { readonly shared: boolean; readonly pending: boolean; readonly onStop: () => void }) => (
  <div class="form-actions">
    <Show when={props.shared}>
      <button type="button" class="button quiet danger" aria-disabled={props.pending} onClick={() => props.onStop()}>
        {t("share.stop")}
      </button>
    </Show>
    <button type="submit" class="button primary" aria-disabled={props.pending}>
      {t(props.pending ? "action.saving" : "action.save")}
    </button>
  </div>
);

interface EndsFieldProps {
  readonly ends: Form["ends"];
  readonly expiresAt: string | null;
  readonly onEnds: (ends: Form["ends"]) => void;
}

function EndsField(props: EndsFieldProps) {
  const app = useApp();
  const kept = () =>
    props.expiresAt === null
      ? []
      : [{ value: "keep" as const, label: t("ends.keep", { when: relativeTime(props.expiresAt, app.now()) }) }];
  return (
    <Field label={t("share.ends")}>
      {({ id }) => (
        <Select
          id={id}
          name="ends"
          value={props.ends}
          options={[...kept(), ...SHARE_ENDS.map((value) => ({ value, label: t(`ends.${value}`) }))]}
          onValue={props.onEnds}
        />
      )}
    </Field>
  );
}

const PeopleField = (props: { readonly people: string; readonly onPeople: (people: string) => void }) => (
  <Field label={t("share.people")} hint={t("share.people.hint")}>
    {({ id, hintId }) => (
      <textarea
        id={id}
        name="people"
        class="input short"
        rows="3"
        inputmode="email"
        autocapitalize="off"
        spellcheck={false}
        aria-describedby={hintId}
        value={props.people}
        onInput={(event) => props.onPeople(event.currentTarget.value)}
      />
    )}
  </Field>
);
