import { request } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { Secret } from "../lib/secret.ts";

const LIMIT_MS = 5_000;

/** A new raw connection to the session's sessiond. */
export type Connect = (hash: SessionHash) => Promise<Socket>;

export interface Asking {
  readonly hash: SessionHash;
  readonly sessionKey: Secret;
  readonly method: "GET" | "PUT";
  readonly path: string;
  readonly body?: object;
}

/** Asks sessiond over a connection of its own. @returns the answer's body @throws when it is not told that all is well */
export async function askSessiond(connect: Connect, { hash, sessionKey, method, path, body }: Asking): Promise<string> {
  const socket = await connect(hash);
  try {
    return await new Promise<string>((resolve, reject) => {
      const sent = body === undefined ? undefined : JSON.stringify(body);
      const ofBody =
        sent === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(sent) };
      const req = request({
        createConnection: () => socket,
        method,
        path,
        headers: { host: "session", authorization: `Bearer ${sessionKey.reveal()}`, connection: "close", ...ofBody },
        signal: AbortSignal.timeout(LIMIT_MS),
      });
      req.on("error", reject);
      req.on("response", (res) => {
        if (res.statusCode === 200 || res.statusCode === 204) text(res).then(resolve, reject);
        else reject(new Error(`sessiond answered ${res.statusCode}`));
      });
      req.end(sent);
    });
  } finally {
    socket.destroy();
  }
}
