import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { ControlPlane } from "./control-plane.ts";
import { kubeconfig } from "./credentials.ts";

/** The line between a client and the API server, for faults of the network: TLS passes through it as it is. */
export class ApiLine implements AsyncDisposable {
  readonly #plane: ControlPlane;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  /** Both ends of what is forwarded now. */
  readonly #pairs = new Set<readonly [client: Socket, server: Socket]>();
  /** Clients that wait for the end of `hold`. */
  readonly #waiting = new Set<Socket>();
  #holds = false;

  static async start(plane: ControlPlane): Promise<ApiLine> {
    const proxy = new ApiLine(plane);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  private constructor(plane: ControlPlane) {
    this.#plane = plane;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
  }

  /** Credentials for the API server behind it. @returns the path of a kubeconfig file */
  async kubeconfig(token: string, namespace: string): Promise<string> {
    const { port } = this.#server.address() as AddressInfo;
    const file = join(await this.#plane.keeper.folder("proxy-"), "kubeconfig");
    const { caFile } = this.#plane;
    writeFileSync(file, kubeconfig({ server: `https://127.0.0.1:${port}`, caFile, token }, namespace), { mode: 0o600 });
    return file;
  }

  /** How many connections are forwarded now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Every connection of this moment stays open, and nothing comes through it any more. New ones are not concerned. */
  cutSilently(): void {
    for (const [client, server] of this.#pairs) {
      client.unpipe(server);
      server.unpipe(client);
      // What is still sent is lost: nobody must notice by a buffer that fills.
      client.resume();
      server.resume();
    }
    this.#pairs.clear();
  }

  /** Every connection ends, and new ones wait, until `release`. */
  hold(): void {
    this.#holds = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  release(): void {
    this.#holds = false;
    for (const client of this.#waiting) this.#forward(client);
    this.#waiting.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  #accept(client: Socket): void {
    this.#keep(client);
    if (!this.#holds) return this.#forward(client);
    this.#waiting.add(client);
    client.once("close", () => this.#waiting.delete(client));
  }

  #forward(client: Socket): void {
    const { hostname, port } = new URL(this.#plane.server);
    const server = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true });
    this.#keep(server);
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    client.pipe(server);
    server.pipe(client);
    const end = () => {
      // The two ends of a silent cut know nothing of each other.
      if (!this.#pairs.delete(pair)) return;
      client.destroy();
      server.destroy();
    };
    client.once("close", end);
    server.once("close", end);
  }

  #keep(socket: Socket): void {
    this.#open.add(socket);
    socket.on("error", () => {}); // its end is what counts
    socket.once("close", () => this.#open.delete(socket));
  }
}
