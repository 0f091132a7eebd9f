import type { Socket } from "node:net";
import { Pool, type Dispatcher } from "undici";
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

type Dialled = (...outcome: [null, Socket] | [Error, null]) => void;

const CONNECT_TRIES = 3;
const HANDSHAKE_MS = 10_000;
const MAX_HEAD = 4096;
/** Shorter than any server's own keep-alive limit, so that an idle connection is closed from our side first. */
const IDLE_MS = 4_000;

const targetName = (target: Target): string => (target.kind === "port" ? `port:${target.port}` : target.kind);

/** Opens tunnels to what runs inside sessions, and keeps idle ones for the next request. */
export class Tunnels {
  readonly #source: TunnelSource;
  readonly #pools = new Map<string, Pool>();

  constructor(source: TunnelSource) {
    this.#source = source;
  }

  /** The keep-alive connections to one target of one session, one request at a time on each. */
  pool(hash: SessionHash, target: Target): Dispatcher {
    const key = `${hash} ${targetName(target)}`;
    const known = this.#pools.get(key);
    if (known) return known;
    const pool = new Pool("http://session", {
      connect: (_options, callback) => this.dial(hash, target, callback),
      pipelining: 1,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      // Long polls and event streams may be silent for as long as they like.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
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

  /** The same for those who want to be called back. */
  dial(hash: SessionHash, target: Target, callback: Dialled): void {
    this.open(hash, target).then(
      (socket) => callback(null, socket),
      (cause: Error) => callback(cause, null),
    );
  }

  /** Forgets the connections to a session that no longer runs. */
  forget(hash: SessionHash): void {
    for (const [key, pool] of this.#pools) {
      if (!key.startsWith(`${hash} `)) continue;
      void pool.destroy();
      this.#pools.delete(key);
    }
  }

  close(): void {
    for (const pool of this.#pools.values()) void pool.destroy();
    this.#pools.clear();
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
