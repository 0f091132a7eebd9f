import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { problem } from "../../src/contracts/problem.ts";
import type { Session } from "../../src/contracts/session.ts";
import { createUi } from "../../src/router/ui.ts";

export const OWNER = "ada@example.org";

export const aSession = (fields: Partial<Session> = {}): Session => ({
  hash: "0123456789ab",
  owner: OWNER,
  repoUrl: "https://git.example.org/acme/shop.git",
  branch: "brave-otter",
  sourceBranch: "main",
  state: "running",
  url: "https://session.example.org/",
  attachUrl: "https://attach.example.org",
  ideUrl: "https://ide.example.org",
  createdAt: "2026-01-01T00:00:00Z",
  lastActivity: "2026-01-01T00:00:00Z",
  busy: false,
  ports: [],
  usage: { inputTokens: 0, outputTokens: 0, costUsd: 0 },
  ...fields,
});

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}
type Answerer = (query: URLSearchParams, body: unknown) => Answer | Promise<Answer>;

/**
 * The built UI, served by the router's own code, over an API whose answers and streams the test decides: for the moments
 * that a real router cannot be brought into at will.
 */
export class FakeApi implements AsyncDisposable {
  readonly url: string;
  /** By method and path, e.g. `POST /api/sessions`. */
  readonly answers = new Map<string, Answerer>();
  readonly requests: string[] = [];
  refusesStreams = false;
  readonly #server;
  readonly #streams = new Map<string, Set<ServerResponse>>();
  /** What a stream tells to everyone who connects. */
  readonly #greetings = new Map<string, string>();

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.answers.set("GET /api/me", () => ({
      status: 200,
      body: { email: OWNER, name: "Ada", admin: false, limits: {} },
    }));
    this.list([]);
  }

  static async start(uiFolder: string): Promise<FakeApi> {
    const ui = await createUi(uiFolder);
    const server = createServer((req, res) => {
      if (req.url?.startsWith("/api/")) void api.#answer(req, res);
      else ui(req, res);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const api = new FakeApi(server);
    return api;
  }

  /** Tells the whole list, now and to everyone who connects later. */
  list(sessions: readonly Session[]): void {
    const data = { email: OWNER, sessions };
    this.greet("/api/sessions/stream", "sessions", data);
    this.send("/api/sessions/stream", "sessions", data);
    for (const session of sessions)
      this.answers.set(`GET /api/sessions/${session.hash}`, () => ({ status: 200, body: session }));
  }

  greet(path: string, event: string, data: unknown): void {
    this.#greetings.set(path, frame(event, data));
  }

  send(path: string, event: string, data: unknown): void {
    for (const stream of this.#streams.get(path) ?? []) stream.write(frame(event, data));
  }

  connected(path: string): number {
    return this.#streams.get(path)?.size ?? 0;
  }

  /** Ends every stream, as a restart of the router does. */
  dropStreams(): void {
    for (const streams of this.#streams.values()) for (const stream of streams) stream.destroy();
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? "/", this.url);
    if (req.headers.accept === "text/event-stream") return this.#stream(url.pathname, res);
    const name = `${req.method} ${url.pathname}`;
    const body = await text(req);
    this.requests.push(name);
    const missing = { status: 404, body: problem("not_found", "There is no such session.") };
    const answer = (await this.answers.get(name)?.(url.searchParams, body === "" ? null : JSON.parse(body))) ?? missing;
    const type = answer.status < 400 ? "application/json" : "application/problem+json";
    // As the real API: the back button must not show an answer of before.
    res.writeHead(answer.status, { "content-type": type, "cache-control": "no-store" });
    res.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  }

  #stream(path: string, res: ServerResponse): void {
    if (this.refusesStreams) return void res.writeHead(503).end();
    const streams = this.#streams.get(path) ?? new Set();
    this.#streams.set(path, streams.add(res));
    res.on("close", () => streams.delete(res));
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(`retry: 200\n\n${this.#greetings.get(path) ?? ""}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server, "close");
  }
}

const frame = (event: string, data: unknown): string =>
  `event: ${event}\ndata: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
