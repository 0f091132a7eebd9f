import { request } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { SessionHash } from "../contracts/session-hash.ts";
import { SessionReport } from "../contracts/status.ts";
import type { ReportSource } from "../sessions/report.ts";

const LIMIT_MS = 5_000;

/** Asks sessiond for its report over a connection of its own. */
export const reportReader =
  (connect: (hash: SessionHash) => Promise<Socket>): ReportSource =>
  async (hash, key) => {
    const socket = await connect(hash);
    try {
      const answer = await new Promise<string>((resolve, reject) => {
        const req = request({
          createConnection: () => socket,
          path: "/report",
          headers: { host: "session", authorization: `Bearer ${key.reveal()}`, connection: "close" },
          signal: AbortSignal.timeout(LIMIT_MS),
        });
        req.on("error", reject);
        req.on("response", (res) => {
          if (res.statusCode === 200) text(res).then(resolve, reject);
          else reject(new Error(`sessiond answered ${res.statusCode}`));
        });
        req.end();
      });
      return SessionReport.parse(JSON.parse(answer));
    } finally {
      socket.destroy();
    }
  };
