import { Agent, type AgentOptions } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import type { SessionHash } from "../../contracts/session-hash.ts";
import type { Secret } from "../../lib/secret.ts";
import type { Target } from "../dispatch.ts";

/** sessiond did not open the tunnel: nothing listens at the target, or it may not be reached. */
export class TunnelRefused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`sessiond answered ${status}`);
    this.name = "TunnelRefused";
    this.status = status;
  }
}

export interface TunnelSource {
  connect(hash: SessionHash): Promise<Socket>;
  sessionKey(hash: SessionHash): Secret;
}

const CONNECT_TRIES = 3;
const HANDSHAKE_MS = 10_000;
const MAX_HEAD = 4096;
/** Shorter than any server's own keep-alive limit, so that an idle connection is closed from our side first. */
const IDLE_MS = 4_000;

const targetName = (target: Target): string => (target.kind === "port" ? `port:${target.port}` : target.kind);

/** Opens tunnels to what runs inside sessions, and keeps idle ones for the next request. */
export class Tunnels {
  readonly #source: TunnelSource;
  readonly #pools = new Map<string, Agent>();

  constructor(source: TunnelSource) {
    this.#source = source;
  }

  /** The pool of keep-alive connections to one target of one session. */
  agent(hash: SessionHash, target: Target): Agent {
    const key = `${hash} ${targetName(target)}`;
    const known = this.#pools.get(key);
    if (known) return known;
    const pool = new TunnelAgent(() => this.open(hash, target));
    this.#pools.set(key, pool);
    return pool;
  }

  /** One fresh tunnel. Only failures to connect are tried again. @throws TunnelRefused, or what the last try threw */
  async open(hash: SessionHash, target: Target): Promise<Socket> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await handshake(await this.#source.connect(hash), targetName(target), this.#source.sessionKey(hash));
      } catch (cause) {
        if (attempt >= CONNECT_TRIES || cause instanceof TunnelRefused) throw cause;
        await new Promise((resolve) => setTimeout(resolve, 50 * attempt));
      }
    }
  }

  /** Forgets the connections to a session that no longer runs. */
  forget(hash: SessionHash): void {
    for (const [key, pool] of this.#pools) {
      if (!key.startsWith(`${hash} `)) continue;
      pool.destroy();
      this.#pools.delete(key);
    }
  }

  close(): void {
    for (const pool of this.#pools.values()) pool.destroy();
    this.#pools.clear();
  }
}

class TunnelAgent extends Agent {
  readonly #open: () => Promise<Socket>;

  constructor(open: () => Promise<Socket>) {
    super({ keepAlive: true, timeout: IDLE_MS, maxFreeSockets: 64, scheduling: "lifo" });
    this.#open = open;
  }

  override createConnection(
    _options: AgentOptions,
    callback: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.#open().then(
      (socket) => callback(null, socket),
      // The stream is not read when there is an error; the type has no other form.
      (cause: Error) => callback(cause, undefined as unknown as Duplex),
    );
    return undefined;
  }

  /** All connections of this pool lead to the same place. */
  override getName(): string {
    return "tunnel";
  }
}

/** `CONNECT` on a fresh connection. */
function handshake(socket: Socket, target: string, key: Secret): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    const fail = (cause: Error) => {
      socket.destroy();
      reject(cause);
    };
    const onClose = () => fail(new Error("sessiond closed the connection"));
    const onTimeout = () => fail(new Error("sessiond did not answer in time"));
    const onReadable = () => {
      for (let chunk = socket.read() as Buffer | null; chunk; chunk = socket.read() as Buffer | null)
        head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return head.length > MAX_HEAD ? fail(new Error("sessiond's answer is too long")) : undefined;
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head.toString("latin1"))?.[1] ?? 0);
      if (status !== 200) return fail(new TunnelRefused(status));
      socket.off("readable", onReadable).off("close", onClose).off("error", fail).off("timeout", onTimeout);
      socket.setTimeout(0);
      if (head.length > end + 4) socket.unshift(head.subarray(end + 4));
      resolve(socket);
    };
    socket.on("readable", onReadable).on("close", onClose).on("error", fail).on("timeout", onTimeout);
    socket.setTimeout(HANDSHAKE_MS);
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: session\r\nAuthorization: Bearer ${key.reveal()}\r\n\r\n`);
  });
}
