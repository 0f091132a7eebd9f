import type { ContainerSession } from "./container-session.ts";

export interface Listener {
  readonly port: number;
  readonly loopback: boolean;
}

const LISTEN = "0A";
/** 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/8 as the kernel writes them, each word in the order of this machine's bytes. */
const LOOPBACK = /^(?:[0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/;

/** All TCP sockets that listen in the session's network, by the kernel's own tables. */
export async function listeners(session: ContainerSession): Promise<Listener[]> {
  const { stdout } = await session.exec("cat", "/proc/net/tcp", "/proc/net/tcp6");
  return stdout
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTEN)
    .map(([, local = ""]) => {
      const [address = "", port = ""] = local.split(":");
      return { port: Number.parseInt(port, 16), loopback: LOOPBACK.test(address) };
    });
}
