import { For, Show } from "solid-js";
import { stageMarks } from "../state/start.ts";
import type { StartState } from "../state/start.ts";
import { t } from "../text.ts";
import { CheckIcon } from "./icons.tsx";

interface StageListProps {
  readonly state: Extract<StartState, { at: "starting" }>;
  readonly hasRepository: boolean;
}

export function StageList(props: StageListProps) {
  return (
    <>
      <p class="visually-hidden" role="status">
        {t("start.now", { stage: t(`stage.${props.state.stage}`) })}
      </p>
      <ol class="stages" aria-label={t("start.progress")}>
        <For each={stageMarks(props.state, props.hasRepository)}>
          {({ stage, mark }) => (
            <li data-mark={mark} aria-current={mark === "current" ? "step" : undefined}>
              <span class="stage-mark" aria-hidden="true">
                <Show when={mark === "done"}>
                  <CheckIcon />
                </Show>
              </span>
              {t(`stage.${stage}`)}
              <Show when={mark === "done" || mark === "current"}>
                <span class="visually-hidden">
                  {" "}
                  ({t(mark === "done" ? "start.stage.done" : "start.stage.current")})
                </span>
              </Show>
            </li>
          )}
        </For>
      </ol>
    </>
  );
}
