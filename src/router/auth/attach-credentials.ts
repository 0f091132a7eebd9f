import type { IncomingHttpHeaders } from "node:http";
import { ATTACH_PASSWORD_HEADER } from "../../contracts/names.ts";

export interface AttachCredentials {
  readonly password: string | undefined;
  /** The request's path without the password in it. */
  readonly path: string;
  /** True when the password stood in the URL. */
  readonly inUrl: boolean;
}

/** The attach password of a request: HTTP Basic with any user name, `X-Attach-Password`, or `?password=`. */
export function attachCredentials(headers: IncomingHttpHeaders, url: string): AttachCredentials {
  const { path, password: inQuery } = takePassword(url);
  const header = headers[ATTACH_PASSWORD_HEADER];
  const password = basicPassword(headers.authorization) ?? (typeof header === "string" ? header : undefined) ?? inQuery;
  return { password, path, inUrl: inQuery !== undefined };
}

function basicPassword(authorization: string | undefined): string | undefined {
  const encoded = /^basic\s+([a-z0-9+/_=-]+)$/i.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : pair.slice(colon + 1);
}

/** Takes every `password` out of the query and leaves all other bytes of the path as they are. */
function takePassword(url: string): { path: string; password: string | undefined } {
  const mark = url.indexOf("?");
  if (mark < 0) return { path: url, password: undefined };
  const kept: string[] = [];
  let password: string | undefined;
  for (const pair of url.slice(mark + 1).split("&")) {
    const equals = pair.indexOf("=");
    const name = equals < 0 ? pair : pair.slice(0, equals);
    if (decoded(name) === "password") password ??= decoded(equals < 0 ? "" : pair.slice(equals + 1));
    else kept.push(pair);
  }
  return { path: url.slice(0, mark) + (kept.length > 0 ? `?${kept.join("&")}` : ""), password };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text; // not percent-encoded text: compared as it stands
  }
}
