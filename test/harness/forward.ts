import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream";

export interface Forward extends AsyncDisposable {
  /** Where a browser finds it: `http://127.0.0.1:<port>`. */
  readonly origin: string;
}

/** A port on loopback that leads to a Unix socket: a browser cannot open one. */
export async function forwardToSocket(path: string): Promise<Forward> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(path);
    for (const socket of [client, target]) {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
    }
    // Either end may be cut off: the browser tells what it then misses.
    pipeline(client, target, () => undefined);
    pipeline(target, client, () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
