import { createEffect } from "solid-js";
import type { JSX } from "solid-js";

/** The heading of a page, which takes the focus after a navigation, and the title of the tab. */
export function PageTitle(props: { readonly tab: string; readonly children: JSX.Element }) {
  createEffect(() => {
    document.title = props.tab;
  });
  return <h1 tabindex="-1">{props.children}</h1>;
}
