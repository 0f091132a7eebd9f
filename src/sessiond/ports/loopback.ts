import type { ListeningSocket } from "../../lib/proc-net.ts";

/** Where a connection to each loopback address can arrive, the listeners that the kernel prefers first. */
const LOOPBACK = [
  { dial: "127.0.0.1", listeners: ["127.0.0.1", "0.0.0.0", "::"] },
  { dial: "::1", listeners: ["::1", "::"] },
] as const;

/**
 * The loopback addresses, by port, at which a connection arrives at one of the session's own sockets. On a machine of
 * several sessions another one may listen on the same port of the other loopback, or more exactly than ours does.
 */
export function ownLoopbacks(
  sockets: readonly ListeningSocket[],
  owners: { has(inode: number): boolean },
): Map<number, readonly string[]> {
  const byPort = new Map<number, ListeningSocket[]>();
  for (const socket of sockets) byPort.set(socket.port, [...(byPort.get(socket.port) ?? []), socket]);
  const own = [...byPort].map(([port, all]) => [port, ownAddresses(all, owners)] as const);
  return new Map(own.filter(([, addresses]) => addresses.length > 0));
}

function ownAddresses(sockets: readonly ListeningSocket[], owners: { has(inode: number): boolean }): string[] {
  return LOOPBACK.flatMap(({ dial, listeners }) => {
    const exact = listeners.find((address) => sockets.some((socket) => socket.address === address));
    const taking = sockets.filter(({ address }) => address === exact);
    // Sockets that share an address take turns: all of them must be ours.
    return taking.length > 0 && taking.every(({ inode }) => owners.has(inode)) ? [dial] : [];
  });
}
