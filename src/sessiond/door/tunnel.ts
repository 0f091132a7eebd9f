import { connect, type Socket } from "node:net";

const CONNECT_LIMIT_MS = 5_000;
const LINGER_MS = 1_000;

/** Connects to the first of the addresses that answers. */
export async function dialFirst(addresses: readonly string[], port: number): Promise<Socket | undefined> {
  for (const address of addresses) {
    const socket = await dial(address, port);
    if (socket !== undefined) return socket;
  }
  return undefined;
}

function dial(host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    const limit = setTimeout(() => socket.destroy(), CONNECT_LIMIT_MS);
    socket.on("error", () => {
      // `close` follows.
    });
    socket.once("close", () => {
      clearTimeout(limit);
      resolve(undefined);
    });
    socket.once("connect", () => {
      clearTimeout(limit);
      resolve(socket);
    });
  });
}

/** Moves bytes both ways; what ends one side ends the other, after what is on its way has been written. */
export function splice(client: Socket, upstream: Socket): void {
  client.setNoDelay(true);
  client.pipe(upstream);
  upstream.pipe(client);
  upstream.once("close", () => client.destroySoon());
  client.once("close", () => upstream.destroy());
  // The router ends its side when its client has left. A server that takes no notice would keep both connections.
  client.once("end", () => setTimeout(() => upstream.destroy(), LINGER_MS).unref());
}
