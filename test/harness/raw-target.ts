import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { setTimeout as wait } from "node:timers/promises";
import { firstPort, runInSession } from "./in-session.ts";
import { call } from "./http.ts";
import type { RawMessage } from "./raw-http.ts";
import type { TestRouter } from "./router.ts";

/** What `test/programs/raw-target.ts` tells of itself. */
export type TargetEvent = { readonly connection: number } & (
  | { readonly event: "open" }
  | { readonly event: "request"; readonly request: RawMessage }
  | { readonly event: "malformed"; readonly why: string }
  | { readonly event: "sent"; readonly bytes: number }
  /** The other side has ended its half. */
  | { readonly event: "end" }
  /** `rest`: bytes that came and made no whole request. */
  | { readonly event: "close"; readonly rest: number }
);

/** A dev server inside of a session that tells the test what arrives there, byte for byte. */
export class RawTarget implements AsyncDisposable {
  readonly router: TestRouter;
  readonly hash: string;
  readonly owner: string;
  readonly port: number;
  readonly #link: { readonly server: Server; readonly socket: Socket };
  events: TargetEvent[] = [];
  /** Connections that the other side has not ended. */
  readonly connections = new Set<number>();
  #marks = 0;

  private constructor(
    place: { router: TestRouter; hash: string; owner: string; port: number },
    link: { server: Server; socket: Socket },
  ) {
    this.router = place.router;
    this.hash = place.hash;
    this.owner = place.owner;
    this.port = place.port;
    this.#link = link;
    createInterface({ input: link.socket }).on("line", (line) => this.#take(JSON.parse(line) as TargetEvent));
  }

  /** Starts the program in a running session that has no other dev server. */
  static async start(router: TestRouter, hash: string, owner = "alice@example.org"): Promise<RawTarget> {
    const program = fileURLToPath(new URL("../programs/raw-target.ts", import.meta.url));
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const linked = once(server, "connection") as Promise<[Socket]>;
    const { port: link } = server.address() as AddressInfo;
    const command = [process.execPath, "--import", import.meta.resolve("tsx"), program, String(link)];
    await runInSession(router, hash, command, owner);
    const [socket] = await linked;
    return new RawTarget({ router, hash, owner, port: await firstPort(router, hash, owner) }, { server, socket });
  }

  get host(): string {
    return this.router.portHost(this.hash, this.port);
  }

  /** Headers of a request of the owner to this server, as bytes: Host and identity. */
  get head(): string {
    const headers = { Host: this.host, ...this.router.identity(this.owner) };
    return Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
  }

  requests(): RawMessage[] {
    return this.events.flatMap((event) => (event.event === "request" ? [event.request] : []));
  }

  /** What has reached the server until now, told as it arrived; bytes that made no whole request too. Forgets it. */
  async seen(): Promise<TargetEvent[]> {
    const mark = `/mark-${(this.#marks += 1)}`;
    const headers = { host: this.host, ...this.router.identity(this.owner) };
    const { status, text } = await call(this.router.ports.public, mark, { headers });
    if (status !== 200) throw new Error(`the router does not answer any more: ${status} ${text}`);
    const isMark = (event: TargetEvent) => event.event === "request" && event.request.startLine.includes(mark);
    while (!this.events.some(isMark)) await wait(5);
    const all = this.events.filter((event) => !isMark(event));
    this.events = [];
    return all.filter(
      ({ event, ...more }) => event === "request" || event === "malformed" || ("rest" in more && more.rest !== 0),
    );
  }

  #take(event: TargetEvent): void {
    this.events.push(event);
    if (event.event === "open") this.connections.add(event.connection);
    if (event.event === "end" || event.event === "close") this.connections.delete(event.connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#link.socket.destroy();
    this.#link.server.close();
  }
}
