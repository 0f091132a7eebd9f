import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenCall {
  readonly method: string;
  /** Path and query, as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface FakeApiServer extends AsyncDisposable {
  readonly url: URL;
  /** Oldest first. */
  readonly calls: readonly SeenCall[];
  /** Connections that are open now. */
  connections(): number;
}

/** An API server that answers as a test says: for faults that a real one cannot be brought to. */
export async function startFakeApiServer(
  answer: (res: ServerResponse, call: SeenCall) => void | Promise<void>,
): Promise<FakeApiServer> {
  const calls: SeenCall[] = [];
  let connections = 0;
  const server = createServer(async (req, res) => {
    const call = { method: req.method ?? "", url: req.url ?? "", headers: req.headers, body: await readBody(req) };
    calls.push(call);
    await answer(res, call);
  });
  server.on("connection", (socket) => {
    connections += 1;
    socket.once("close", () => {
      connections -= 1;
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    calls,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** @param body JSON unless it is a text already */
export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  res.writeHead(status, { "content-type": "application/json" }).end(text);
}

async function readBody(req: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of req.setEncoding("utf8")) body += chunk as string;
  return body;
}
