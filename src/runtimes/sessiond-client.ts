import { once } from "node:events";
import { type IncomingMessage, request, type RequestOptions } from "node:http";
import { json } from "node:stream/consumers";
import { SessiondStatus } from "../contracts/status.ts";
import type { Secret } from "../lib/secret.ts";

const STATUS_TIMEOUT_MS = 3000;

export type StatusAnswer =
  | { readonly answer: "status"; readonly status: SessiondStatus }
  /** Something answers that does not take our key. */
  | { readonly answer: "refused" }
  | { readonly answer: "none" };

/** Where a sessiond listens. */
export type SessiondPlace =
  | Required<Pick<RequestOptions, "socketPath">>
  | Required<Pick<RequestOptions, "host" | "port">>;

/** `GET /status` of the sessiond at this place. */
export async function fetchStatus(place: SessiondPlace, key: Secret): Promise<StatusAnswer> {
  const asked = request({
    ...place,
    path: "/status",
    headers: { host: "sessiond", authorization: `Bearer ${key.reveal()}` },
    signal: AbortSignal.timeout(STATUS_TIMEOUT_MS),
  });
  try {
    asked.end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    // The time limit may pass while the body arrives; the reader below reports that.
    asked.on("error", () => {});
    if (response.statusCode === 401 || response.statusCode === 403) {
      response.resume();
      return { answer: "refused" };
    }
    return { answer: "status", status: SessiondStatus.parse(await json(response)) };
  } catch {
    // Not listening yet, too busy, or gone: whoever asks looks at the process, too.
    return { answer: "none" };
  }
}
