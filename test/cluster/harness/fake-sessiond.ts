import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { SessionReport } from "../../../src/contracts/status.ts";
import { sampleReport } from "../../harness/sample-report.ts";

/** Where a router dials pods. */
const PORT = 4100;

/** sessiond of all sessions of a test at once, at one address: for pods of a `FakeNode`, in which nothing runs. */
export class FakeSessiond implements AsyncDisposable {
  /** A loopback address of its own. */
  readonly address = `127.${randomInt(64, 127)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
  /** What every session says of itself; it says what a test sets here when it is asked the next time. */
  report: SessionReport = sampleReport({
    conversation: { id: "ses_of_the_tests", directory: "/home/opencode/workspace", title: "" },
  });
  readonly #server = createServer((req, res) => this.#answer(req, res));

  static async start(): Promise<FakeSessiond> {
    const sessiond = new FakeSessiond();
    sessiond.#server.listen(PORT, sessiond.address);
    await once(sessiond.#server, "listening");
    return sessiond;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(req: IncomingMessage, res: ServerResponse): void {
    req.resume();
    const answers: Readonly<Record<string, unknown>> = { "/status": this.report.status, "/report": this.report };
    const answer = answers[req.url ?? ""];
    if (!req.headers.authorization?.startsWith("Bearer ")) res.writeHead(401).end();
    else if (req.method === "GET" && answer !== undefined) res.end(JSON.stringify(answer));
    else res.writeHead(req.method === "PUT" ? 204 : 404).end();
  }
}
