import type { ServerResponse } from "node:http";
import { sendOwnPage } from "../own-page.ts";

const STYLE = `
body { gap: .5rem }
h1 { font-size: 1.25rem; margin: 0 }
`;

/** It asks the way a listener for events does: a page that was left open must not keep the session awake. */
const SCRIPT = `
const look = async () => {
  const leave = new AbortController();
  const answer = document.hidden ? undefined : await fetch(location.href, {
    headers: { accept: "text/event-stream" }, cache: "no-store", redirect: "manual", signal: leave.signal,
  }).catch(() => undefined);
  leave.abort();
  const refused = (answer?.headers.get("content-type") ?? "").startsWith("application/problem+json");
  if (answer && !refused) location.reload();
  else setTimeout(look, 2000);
};
setTimeout(look, 2000);
`;

/** What a browser shows where a dev server does not run yet. It becomes the server's page when that answers. */
export const sendNothingListensPage = (res: ServerResponse, port: number): void =>
  sendOwnPage(res, 502, {
    title: `Nothing listens on port ${port}`,
    style: STYLE,
    body: `<h1>Nothing listens on port ${port} in the session.</h1>
<p role="status">Start the server: this page opens it as soon as it answers.</p>
<noscript><p>Then load this page again.</p></noscript>`,
    script: SCRIPT,
  });
