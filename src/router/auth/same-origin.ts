import type { Asked } from "../dispatch.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * May this call be carried out as far as its origin goes? Only a browser sends `Origin` or `Sec-Fetch-Site`; pages of
 * neighbouring sessions are same-site and carry the person's cookies, so they are told apart by their origin alone.
 *
 * @param allowed origins whose pages may call; asked only when it matters
 */
export function originMayCall(
  { method, upgrade, headers }: Pick<Asked, "method" | "upgrade" | "headers">,
  allowed: () => readonly string[],
): boolean {
  if (SAFE_METHODS.has(method) && !upgrade) return true;
  const { origin } = headers;
  if (origin !== undefined) return allowed().includes(origin.toLowerCase());
  const site = headers["sec-fetch-site"];
  return site === undefined || site === "same-origin" || site === "none";
}
