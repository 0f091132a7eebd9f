import type { IncomingHttpHeaders } from "node:http";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

export interface OriginCheck {
  readonly method: string;
  readonly upgrade: boolean;
  readonly headers: IncomingHttpHeaders;
  /** Origins whose pages may call. */
  readonly allowed: readonly string[];
}

/**
 * May this call be carried out as far as its origin goes? Only a browser sends `Origin` or `Sec-Fetch-Site`; pages of
 * neighbouring sessions are same-site and carry the person's cookies, so they are told apart by their origin alone.
 */
export function originMayCall({ method, upgrade, headers, allowed }: OriginCheck): boolean {
  if (SAFE_METHODS.has(method) && !upgrade) return true;
  const { origin } = headers;
  if (origin !== undefined) return allowed.includes(origin.toLowerCase());
  const site = headers["sec-fetch-site"];
  return site === undefined || site === "same-origin" || site === "none";
}
