import { Show } from "solid-js";
import type { Asking } from "../asking.ts";

/** What a question came to: read aloud, and shown where it was asked. */
export const Result = (props: { readonly of: Pick<Asking, "problem" | "notice"> }) => (
  <div class="result">
    <div role="alert">
      <Show when={props.of.problem()}>{(problem) => <p class="problem">{problem()}</p>}</Show>
    </div>
    <div role="status">
      <Show when={props.of.notice()}>{(notice) => <p class="notice">{notice()}</p>}</Show>
    </div>
  </div>
);
