import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SessionReport } from "../../src/contracts/status.ts";

export interface Push {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly report: SessionReport;
}

/** Stands where the router's internal listener is, and keeps what sessiond pushes. */
export class ReportSink implements AsyncDisposable {
  readonly pushes: Push[] = [];
  readonly #server = createServer(async (incoming, response) => {
    let text = "";
    for await (const chunk of incoming.setEncoding("utf8")) text += chunk;
    const { url = "", headers } = incoming;
    this.pushes.push({
      path: url,
      authorization: headers.authorization,
      report: SessionReport.parse(JSON.parse(text)),
    });
    response.writeHead(204).end();
  });

  static async start(): Promise<ReportSink> {
    const sink = new ReportSink();
    sink.#server.listen(0, "127.0.0.1");
    await once(sink.#server, "listening");
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
