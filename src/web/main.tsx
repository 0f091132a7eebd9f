// oxlint-disable-next-line import/no-unassigned-import -- it has to run before the schemas are made
import "./zod-without-eval.ts";
import { render } from "solid-js/web";
import { App } from "./app.tsx";

render(() => <App />, document.querySelector("#app")!);
