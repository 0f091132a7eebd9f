import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";

/** A page of ours at a session's address. All texts but the title are HTML, or parts of the page's code. */
export interface OwnPage {
  readonly title: string;
  readonly style: string;
  readonly body: string;
  readonly script: string;
}

const BASE_STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-content: center; padding: 1rem; text-align: center }
p { margin: 0 }
`;

/** Answers with a page that runs its own script and style only, and is kept nowhere: the session's is to take its place. */
export function sendOwnPage(res: ServerResponse, status: number, page: OwnPage): void {
  const style = BASE_STYLE + page.style;
  const text = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title>
<style>${style}</style>
</head>
<body>
${page.body}
<script>${page.script}</script>
</body>
</html>
`;
  res.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    "content-security-policy": `default-src 'none'; connect-src 'self'; script-src ${hash(page.script)}; style-src ${hash(style)}; base-uri 'none'; frame-ancestors 'none'`,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
  res.end(text);
}

export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
