import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** A server in the place of the router: it answers 200 and keeps what came. */
export interface Recorder extends AsyncDisposable {
  readonly port: number;
  /** The requests since the last call. */
  seen(): { readonly url: string; readonly headers: IncomingHttpHeaders }[];
}

export async function startRecorder(): Promise<Recorder> {
  const requests: ReturnType<Recorder["seen"]> = [];
  const server = createServer((req, res) => {
    requests.push({ url: req.url ?? "", headers: req.headers });
    res.end("recorded");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    seen: () => requests.splice(0),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
