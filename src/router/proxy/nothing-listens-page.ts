import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";

/** What a browser shows where a dev server does not run yet. It becomes the server's page when that answers. */

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-content: center; gap: .5rem; padding: 1rem; text-align: center }
h1 { font-size: 1.25rem; margin: 0 }
p { margin: 0 }
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

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": `default-src 'none'; connect-src 'self'; script-src ${hash(SCRIPT)}; style-src ${hash(STYLE)}; base-uri 'none'; frame-ancestors 'none'`,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

export function sendNothingListensPage(res: ServerResponse, port: number): void {
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Nothing listens on port ${port}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Nothing listens on port ${port} in the session.</h1>
<p role="status">Start the server: this page opens it as soon as it answers.</p>
<noscript><p>Then load this page again.</p></noscript>
<script>${SCRIPT}</script>
</body>
</html>
`;
  res.writeHead(502, { ...HEADERS, "content-length": Buffer.byteLength(body) });
  res.end(body);
}
