import { expect, test } from "vitest";
import { ownLoopbacks } from "./loopback.ts";

const OURS = new Set([1, 2, 3]);
const socket = (address: string, inode: number) => ({ port: 5173, address, inode });

test.each([
  ["on one loopback", [socket("127.0.0.1", 1)], ["127.0.0.1"]],
  ["on the other loopback", [socket("::1", 1)], ["::1"]],
  ["on all addresses of IPv4", [socket("0.0.0.0", 1)], ["127.0.0.1"]],
  ["on all addresses", [socket("::", 1)], ["127.0.0.1", "::1"]],
  ["on both loopbacks", [socket("127.0.0.1", 1), socket("::1", 2)], ["127.0.0.1", "::1"]],
  ["on the network's address only", [socket("192.0.2.1", 1)], undefined],
  ["not at all", [socket("127.0.0.1", 9)], undefined],
  ["beside a neighbour on the first loopback", [socket("127.0.0.1", 9), socket("::1", 1)], ["::1"]],
  ["beside a neighbour who listens more exactly", [socket("127.0.0.1", 9), socket("0.0.0.0", 1)], undefined],
  ["more exactly than a neighbour", [socket("127.0.0.1", 1), socket("0.0.0.0", 9)], ["127.0.0.1"]],
  ["taking turns with a neighbour", [socket("127.0.0.1", 1), socket("127.0.0.1", 9)], undefined],
  ["with several workers", [socket("127.0.0.1", 1), socket("127.0.0.1", 2)], ["127.0.0.1"]],
] as const)("a session that listens %s", (_how, sockets, addresses) => {
  expect(ownLoopbacks(sockets, OURS).get(5173)).toEqual(addresses);
});

test("each port by itself", () => {
  const sockets = [socket("127.0.0.1", 9), { port: 8080, address: "::1", inode: 1 }];
  expect([...ownLoopbacks(sockets, OURS)]).toEqual([[8080, ["::1"]]]);
});
