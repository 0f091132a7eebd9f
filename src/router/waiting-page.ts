import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { START_EVENTS_PATH } from "../contracts/names.ts";

/** What a browser shows while a session starts. It becomes the session by loading its own address again. */

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-content: center; justify-items: center; gap: 1rem; padding: 1rem; text-align: center }
p { margin: 0; max-width: 40rem }
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

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": `default-src 'none'; connect-src 'self'; script-src ${hash(SCRIPT)}; style-src ${hash(STYLE)}; base-uri 'none'; frame-ancestors 'none'`,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

export interface WaitingPage {
  /** The first sentence. */
  readonly sentence: string;
  /** Page of the session on the main host, for its owner. */
  readonly sessionPage: string | undefined;
}

export function sendWaitingPage(res: ServerResponse, { sentence, sessionPage }: WaitingPage): void {
  const link = sessionPage === undefined ? "" : `<a href="${escape(sessionPage)}">To the session's page</a>`;
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Starting the session</title>
<style>${STYLE}</style>
</head>
<body>
<div id="spin"></div>
<p id="stage" role="status" aria-live="polite">${escape(sentence)}</p>
<p id="more" hidden>${link}</p>
<noscript><p>Load this page again in a moment.</p></noscript>
<script>${SCRIPT}</script>
</body>
</html>
`;
  res.writeHead(200, { ...HEADERS, "content-length": Buffer.byteLength(body) });
  res.end(body);
}

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
