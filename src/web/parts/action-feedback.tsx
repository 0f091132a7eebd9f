import { Match, Switch } from "solid-js";
import type { AttachResult, SessionActions } from "../session-actions.ts";
import { t } from "../text.ts";
import { CopyField } from "./copy-field.tsx";

const shown = (result: AttachResult | undefined) => (result?.copied === false ? result.command : undefined);

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
            {(command) => (
              <CopyField text={t("attach.by-hand")} label={t("attach.field")} value={command()}>
                <button type="button" class="button small" onClick={props.actions.dismissAttach}>
                  {t("action.close")}
                </button>
              </CopyField>
            )}
          </Match>
        </Switch>
      </div>
    </>
  );
}
