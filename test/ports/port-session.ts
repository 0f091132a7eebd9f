import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { WebSocket } from "ws";
import type { Session } from "../../src/contracts/session.ts";
import { call, eventually, open, type Answer, type Call } from "../harness/http.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";

/**
 * Not below `localhost`: dev servers trust those names, so that a test under them would pass however the router writes
 * headers.
 */
export const DOMAIN = "oc.test";

/** Tells Chromium where the names of the tests are. */
export const BROWSER_ARGS = [`--host-resolver-rules=MAP *.${DOMAIN} 127.0.0.1`, "--no-proxy-server"];

interface Command {
  readonly command: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A running session and what a browser does with its port hosts. */
export class PortSession implements AsyncDisposable {
  readonly router: TestRouter;
  readonly hash: string;
  /** The folder that its programs work in. */
  readonly workspace: string;

  private constructor(router: TestRouter, hash: string, workspace: string) {
    this.router = router;
    this.hash = hash;
    this.workspace = workspace;
  }

  static async start(): Promise<PortSession> {
    const router = await startRouter({ env: { SESSION_DOMAIN: DOMAIN } });
    try {
      return await PortSession.create(router);
    } catch (cause) {
      await router[Symbol.asyncDispose]();
      throw cause;
    }
  }

  /** One more session of the same router. */
  static async create(router: TestRouter): Promise<PortSession> {
    const { hash } = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>();
    await router.waitFor(hash, "running");
    const status = await router.api("GET", `/api/sessions/${hash}/status`);
    return new PortSession(router, hash, status.json<{ workspaceRoot: string }>().workspaceRoot);
  }

  host(port: number): string {
    return `${port}-${this.hash}-oc.${DOMAIN}:${this.router.ports.public}`;
  }

  origin(port: number): string {
    return `http://${this.host(port)}`;
  }

  call(port: number, path: string, options: Call = {}): Promise<Answer> {
    return call(this.router.ports.public, path, { ...options, headers: { host: this.host(port), ...options.headers } });
  }

  open(port: number, path: string, options: Call = {}): Promise<IncomingMessage> {
    return open(this.router.ports.public, path, { ...options, headers: { host: this.host(port), ...options.headers } });
  }

  /** Opens a WebSocket as the page of an origin does. @returns the status when it is refused */
  socket(port: number, path: string, { origin = this.origin(port), protocols = [] as string[] } = {}) {
    const url = `ws://127.0.0.1:${this.router.ports.public}${path}`;
    return Messages.open(new WebSocket(url, protocols, { headers: { host: this.host(port), origin } }));
  }

  /** Runs a program as the person would, in a terminal of opencode. */
  async run({ command: [program, ...args], cwd = this.workspace, env = {} }: Command): Promise<Terminal> {
    const answer = await this.opencode("POST", "/pty", { command: program, args, cwd, env });
    if (answer.status !== 200) throw new Error(`no terminal: ${answer.status} ${answer.text}`);
    return new Terminal(this, answer.json<{ id: string }>().id);
  }

  opencode(method: string, path: string, body?: unknown): Promise<Answer> {
    return call(this.router.ports.public, path, {
      method,
      headers: { host: `${this.hash}-oc.${DOMAIN}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async ports(): Promise<Session["ports"]> {
    return (await this.router.session(this.hash)).ports;
  }

  /** The port of the first dev server that the session tells of. */
  async firstPort(): Promise<number> {
    const ports = await eventually(
      () => this.ports(),
      (all) => all.length > 0,
    );
    return ports[0]!.port;
  }

  /** Waits until the session tells of a port. */
  async listed(port: number): Promise<Session["ports"][number]> {
    const ports = await eventually(
      () => this.ports(),
      (all) => all.some((one) => one.port === port),
    );
    return ports.find((one) => one.port === port)!;
  }

  /** Waits until something answers at a port host, seen or not. */
  answering(port: number, path = "/"): Promise<Answer> {
    return eventually(
      () => this.call(port, path),
      ({ status }) => status !== 502,
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.router[Symbol.asyncDispose]();
  }
}

/** A program that runs in a session. */
export class Terminal implements AsyncDisposable {
  readonly #session: PortSession;
  readonly #id: string;

  constructor(session: PortSession, id: string) {
    this.#session = session;
    this.#id = id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.opencode("DELETE", `/pty/${this.#id}`);
  }
}

/** The messages of a WebSocket, kept from the first on. */
export class Messages implements Disposable {
  readonly socket: WebSocket;
  readonly #kept: string[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => this.#kept.push(data.toString("utf8")));
    socket.on("error", () => {
      // A refusal is told by its status, an end by `close`.
    });
  }

  static async open(socket: WebSocket): Promise<Messages | { readonly status: number; readonly text: string }> {
    const messages = new Messages(socket);
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(messages));
      socket.once("error", reject);
      socket.once("unexpected-response", (req, res) => {
        const status = res.statusCode ?? 0;
        void text(res).then((body) => {
          req.destroy();
          resolve({ status, text: body });
        }, reject);
      });
    });
  }

  /** The first message, of those that came and those that come, that fits. */
  async first(fits: (message: string) => boolean): Promise<string> {
    const all = await eventually(
      () => Promise.resolve(this.#kept),
      (kept) => kept.some(fits),
    );
    return all.find(fits)!;
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}

/** @throws when the handshake was refused */
export function opened(answer: Messages | { readonly status: number; readonly text: string }): Messages {
  if (answer instanceof Messages) return answer;
  throw new Error(`the WebSocket was refused: ${answer.status} ${answer.text}`);
}
