import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { type Socket, connect } from "node:net";
import { json } from "node:stream/consumers";
import { SessiondStatus } from "../../contracts/status.ts";
import type { Secret } from "../../lib/secret.ts";

const STATUS_TIMEOUT_MS = 3000;

export type StatusAnswer =
  | { readonly answer: "status"; readonly status: SessiondStatus }
  /** Something answers that does not take our key. */
  | { readonly answer: "refused" }
  | { readonly answer: "none" };

/** `GET /status` of the sessiond on this socket. */
export async function fetchStatus(socketPath: string, key: Secret): Promise<StatusAnswer> {
  const asked = request({
    socketPath,
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

/** A raw connection to the socket. @throws when nothing listens there. */
export async function connectSocket(socketPath: string): Promise<Socket> {
  const socket = connect(socketPath);
  await once(socket, "connect");
  return socket;
}
