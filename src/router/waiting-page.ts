import type { ServerResponse } from "node:http";
import { START_EVENTS_PATH } from "../contracts/names.ts";
import { escapeHtml, sendOwnPage } from "./own-page.ts";

const STYLE = `
body { justify-items: center; gap: 1rem }
p { max-width: 40rem }
#spin { width: 2rem; height: 2rem; border-radius: 50%; border: 3px solid #8885; border-top-color: #0b7550; animation: turn 1s linear infinite }
[hidden] { display: none !important }
@keyframes turn { to { transform: rotate(1turn) } }
@media (prefers-reduced-motion: reduce) { #spin { animation-duration: 6s } }
`;

const SCRIPT = `
const say = (text) => { document.getElementById("stage").textContent = text };
const stop = (text) => {
  events.close();
  say(text);
  document.getElementById("spin").hidden = true;
  document.getElementById("more").hidden = false;
};
const events = new EventSource(${JSON.stringify(START_EVENTS_PATH)});
events.addEventListener("progress", (event) => say(JSON.parse(event.data).message + " …"));
events.addEventListener("complete", () => { events.close(); location.reload() });
events.addEventListener("error", (event) => { if (event.data) stop(JSON.parse(event.data).message) });
`;

export interface WaitingPage {
  /** The first sentence. */
  readonly sentence: string;
  /** Page of the session on the main host, for its owner. */
  readonly sessionPage: string | undefined;
}

/** What a browser shows while a session starts. It becomes the session by loading its own address again. */
export function sendWaitingPage(res: ServerResponse, { sentence, sessionPage }: WaitingPage): void {
  const link = sessionPage === undefined ? "" : `<a href="${escapeHtml(sessionPage)}">To the session's page</a>`;
  sendOwnPage(res, 200, {
    title: "Starting the session",
    style: STYLE,
    body: `<div id="spin"></div>
<p id="stage" role="status" aria-live="polite">${escapeHtml(sentence)}</p>
<p id="more" hidden>${link}</p>
<noscript><p>Load this page again in a moment.</p></noscript>`,
    script: SCRIPT,
  });
}
