import { connect, type Socket } from "node:net";

const CONNECT_LIMIT_MS = 5_000;

/** Connects to a loopback port, whichever loopback the server chose. */
export async function dialLoopback(port: number): Promise<Socket | undefined> {
  return (await dial("127.0.0.1", port)) ?? dial("::1", port);
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
}
