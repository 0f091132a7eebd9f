import type { Asked } from "./dispatch.ts";

/**
 * What kind of request it is, as far as a stopped session is concerned.
 * - `navigation`: somebody opens a page; they get the waiting page.
 * - `request`: a program, or something that a person does on a page. It starts the session and waits for it.
 * - `fetch`: what an open page loads. It is activity, but starts nothing: a page that was left open would undo every stop.
 * - `passive`: an open page or terminal listens for events, or asks whether the server lives. Not even activity.
 */
export type Ask = "navigation" | "request" | "fetch" | "passive";

/** What opencode's own pages and terminals ask for by themselves, for ever. */
const PASSIVE_PATHS = new Set(["/event", "/global/event", "/api/event", "/api/health"]);

export function askOf({ method, url, headers, upgrade }: Asked): Ask {
  if (method !== "GET" || upgrade) return "request";
  const accept = headers.accept ?? "";
  if (accept.includes("text/event-stream") || PASSIVE_PATHS.has(url.split("?", 1)[0] ?? "")) return "passive";
  // Only a browser sends this header, and tells with it who asks: the person or the page.
  const mode = headers["sec-fetch-mode"];
  if (mode !== undefined) return mode === "navigate" ? "navigation" : "fetch";
  return accept.includes("text/html") ? "navigation" : "request";
}
