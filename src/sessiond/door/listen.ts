import { once } from "node:events";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { dirname } from "node:path";
import type { Listen } from "../config.ts";

/** Another process answers where this one should listen. */
export class AddressInUse extends Error {}

/** Removes the socket of a killed predecessor. @throws AddressInUse when somebody answers there. */
export async function clearStaleSocket(listen: Listen): Promise<void> {
  if (listen.kind !== "socket" || !existsSync(listen.path)) return;
  if (await answers(listen.path)) throw new AddressInUse(`another sessiond listens on ${listen.path} already`);
  rmSync(listen.path, { force: true });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Starts to listen; a socket can be opened by its owner only. */
export async function listenOn(server: Server, listen: Listen): Promise<void> {
  if (listen.kind === "socket") await listenOnSocket(server, listen.path);
  else {
    server.listen(listen.port, listen.address);
    await once(server, "listening");
  }
}

async function listenOnSocket(server: Server, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // The socket is made inside of `listen`: with this mask it is never open to others, not even for an instant.
  const mask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  await once(server, "listening");
  chmodSync(path, 0o600);
}
