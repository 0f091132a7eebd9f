import { useApp } from "../app-state.ts";
import { fullTime, relativeTime } from "../state/format.ts";
import { t } from "../text.ts";
import type { TextKey } from "../text.ts";

/** @param props.text a text with `{when}`. */
export function RelativeTime(props: { readonly text: TextKey; readonly at: string }) {
  const app = useApp();
  return (
    <time dateTime={props.at} title={fullTime(props.at)}>
      {t(props.text, { when: relativeTime(props.at, app.now()) })}
    </time>
  );
}
