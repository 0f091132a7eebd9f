import { Match, Switch, createUniqueId, onMount } from "solid-js";
import type { AttachResult, SessionActions } from "../session-actions.ts";
import { t } from "../text.ts";

const shown = (result: AttachResult | undefined) => (result?.copied === false ? result.command : undefined);

function CommandField(props: { readonly command: string; readonly onClose: () => void }) {
  const id = createUniqueId();
  let field!: HTMLInputElement;
  onMount(() => {
    field.focus();
    field.select();
  });
  return (
    <div class="attach-by-hand">
      <p id={`${id}-why`}>{t("attach.by-hand")}</p>
      <div class="attach-field">
        <input
          ref={(element) => (field = element)}
          class="input mono"
          readOnly
          value={props.command}
          aria-label={t("attach.field")}
          aria-describedby={`${id}-why`}
          onFocus={() => field.select()}
        />
        <button type="button" class="button small" onClick={() => props.onClose()}>
          {t("action.close")}
        </button>
      </div>
    </div>
  );
}

/** What an action of a session came to: its problem, or what became of the attach command. */
export function ActionFeedback(props: { readonly actions: SessionActions }) {
  return (
    <>
      <div role="alert">
        <Switch>
          <Match when={props.actions.problem()}>{(problem) => <p class="problem">{problem()}</p>}</Match>
        </Switch>
      </div>
      <div role="status">
        <Switch>
          <Match when={props.actions.attach()?.copied}>
            <p class="notice">{t("attach.copied")}</p>
          </Match>
          <Match when={shown(props.actions.attach())}>
            {(command) => <CommandField command={command()} onClose={props.actions.dismissAttach} />}
          </Match>
        </Switch>
      </div>
    </>
  );
}
