import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { Agent, request, type Dispatcher } from "undici";
import type { ControlPlane } from "./control-plane.ts";

/** A call of the router to the API server, as the proxy saw it. */
export interface SeenCall {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Plural, with its subresource if there is one: `pods`, `sessions/status`. */
  readonly resource: string;
  /** Absent where the call is about all of a kind. */
  readonly name?: string;
  readonly body: string;
  /** `performance.now()` when it came. */
  readonly at: number;
  /** What the router was answered; absent while nothing was, or when the connection was cut. */
  status?: number;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Stands between router and API server. "reset": the connection is cut instead of an answer. */
export type Intercept = (call: SeenCall, forward: () => Promise<ApiAnswer>) => Promise<ApiAnswer | "reset">;

/** A `Status` as an API server sends it when it does not do what was asked. */
export const refusal = (status: number, reason: string, headers: Readonly<Record<string, string>> = {}): ApiAnswer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", reason, code: status, message: reason }),
});

const straight: Intercept = (_call, forward) => forward();

/** An API server for one account, which a test can make fail. Watches pass untouched, and are no calls. */
export class ApiProxy implements AsyncDisposable {
  /** Oldest first. */
  readonly calls: SeenCall[] = [];
  intercept: Intercept = straight;
  readonly kubeconfig: string;
  readonly #server: Server;
  readonly #upstream: string;
  readonly #token: string;
  readonly #agent: Dispatcher;

  /** @param account namespace and name of the service account that the calls are made as */
  static async start(plane: ControlPlane, account: { namespace: string; name: string }): Promise<ApiProxy> {
    const token = await plane.serviceAccountToken(account.namespace, account.name);
    const folder = await plane.keeper.folder("api-proxy-");
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(kubeconfig, kubeconfigOf(url, account.namespace));
    return new ApiProxy(plane, { server, token, kubeconfig });
  }

  private constructor(
    { server: upstream, caFile }: ControlPlane,
    parts: { server: Server; token: string; kubeconfig: string },
  ) {
    this.#upstream = upstream;
    this.#server = parts.server;
    this.#token = parts.token;
    this.kubeconfig = parts.kubeconfig;
    this.#agent = new Agent({ connect: { ca: readFileSync(caFile, "utf8") }, bodyTimeout: 0, headersTimeout: 0 });
    this.#server.on("request", (req: IncomingMessage, res: ServerResponse) => {
      // Either end may leave at any time: the other one is cut off then.
      this.#serve(req, res).catch(() => res.destroy());
    });
  }

  /** Nothing is made to fail any more. */
  heal(): void {
    this.intercept = straight;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    await this.#agent.destroy();
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? "", this.#upstream);
    const body = await text(req);
    const ask = (signal?: AbortSignal) => this.#ask(req, { body, ...(signal ? { signal } : {}) });
    if (url.searchParams.has("watch")) {
      const gone = new AbortController();
      res.on("close", () => gone.abort());
      const answer = await ask(gone.signal);
      res.writeHead(answer.statusCode, { "content-type": "application/json" }).flushHeaders();
      return pipeline(answer.body, res);
    }
    const call = seenCall(req.method ?? "", url.pathname, body);
    this.calls.push(call);
    const answer = await this.intercept(call, async () => {
      const { statusCode, headers, body: said } = await ask();
      return { status: statusCode, headers: plain(headers), body: await said.text() };
    });
    if (answer === "reset") return void req.socket.destroy();
    call.status = answer.status;
    res.writeHead(answer.status, { "content-type": "application/json", ...answer.headers }).end(answer.body);
  }

  #ask(
    req: IncomingMessage,
    { body, signal }: { body: string; signal?: AbortSignal },
  ): Promise<Dispatcher.ResponseData> {
    const type = req.headers["content-type"];
    return request(`${this.#upstream}${req.url}`, {
      method: req.method as Dispatcher.HttpMethod,
      dispatcher: this.#agent,
      headers: { authorization: `Bearer ${this.#token}`, ...(type === undefined ? {} : { "content-type": type }) },
      body: body === "" ? null : body,
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

function seenCall(method: string, path: string, body: string): SeenCall {
  const [, plural = path, name, subresource] =
    /\/namespaces\/[^/]+\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path) ?? [];
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  return { method, path, resource, ...(name === undefined ? {} : { name }), body, at: performance.now() };
}

/** Of the answer's headers, what a router looks at. */
function plain(headers: Dispatcher.ResponseData["headers"]): Record<string, string> {
  const kept = ["content-type", "retry-after"].flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  return Object.fromEntries(kept);
}

/** Without a token: the proxy adds it, and a token is sent over https only. */
const kubeconfigOf = (server: string, namespace: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server } }],
    users: [{ name: "test", user: {} }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test", namespace } }],
    "current-context": "test",
  });
