import { problem, type Problem } from "../contracts/problem.ts";

/** The head of a request, as far as its form goes. */
export interface Head {
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
  readonly upgrade: boolean;
}

/** More than any browser or program sends; the parser itself would drop the headers beyond its own limit unseen. */
const MAX_HEADERS = 256;

/**
 * What is wrong with a request that the parser let through, or undefined. Whoever reads it next must see the same one
 * request in the same bytes, so what two programs may understand differently is refused rather than put right.
 */
export function shapeFault(head: Head): Problem | undefined {
  const { rawHeaders } = head;
  if (rawHeaders.length / 2 > MAX_HEADERS) return problem("headers_too_large", `Send at most ${MAX_HEADERS} headers.`);
  const sentence = lineFault(head) ?? headerFault(head) ?? (head.upgrade ? upgradeFault(head) : undefined);
  return sentence === undefined ? undefined : problem("invalid_request", sentence);
}

function lineFault({ url, httpVersion }: Head): string | undefined {
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return "Only HTTP/1.1 is spoken here.";
  // Absolute URLs are for forward proxies, and `*` asks nothing of anybody.
  return url.startsWith("/") ? undefined : "The request must name a path.";
}

function headerFault({ httpVersion, rawHeaders }: Head): string | undefined {
  if (values(rawHeaders, "host").length > 1) return "The request has more than one Host.";
  const lengths = values(rawHeaders, "content-length");
  const codings = values(rawHeaders, "transfer-encoding");
  if (lengths.length + codings.length > 1) return "The request says in more than one way how long its body is.";
  if (codings.some((coding) => coding.toLowerCase() !== "chunked"))
    return "No transfer coding other than chunked is understood.";
  return codings.length > 0 && httpVersion === "1.0" ? "HTTP/1.0 has no chunked bodies." : undefined;
}

function upgradeFault({ method, httpVersion, rawHeaders }: Head): string | undefined {
  const protocols = values(rawHeaders, "upgrade");
  if (protocols.length !== 1 || protocols[0]?.toLowerCase() !== "websocket") return "Only a WebSocket is opened here.";
  if (method !== "GET" || httpVersion !== "1.1") return "A WebSocket is opened with GET and HTTP/1.1.";
  // Its bytes would be taken for the first of the socket here, and for a body by the server behind.
  const bodiless = values(rawHeaders, "content-length").every((length) => /^0+$/.test(length));
  if (!bodiless || values(rawHeaders, "transfer-encoding").length > 0) return "A WebSocket is opened without a body.";
  return undefined;
}

function values(rawHeaders: readonly string[], name: string): string[] {
  const found: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.toLowerCase() === name) found.push((rawHeaders[i + 1] ?? "").trim());
  return found;
}
