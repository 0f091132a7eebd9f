import { BlockList, isIP } from "node:net";

/** Ranges of the IANA special-purpose registries that are no ordinary host on the internet. */
const SPECIAL_V4: readonly (readonly [network: string, prefix: number])[] = [
  ["0.0.0.0", 8], // this network; 0.0.0.0 is the machine itself
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // carrier-grade NAT
  ["127.0.0.0", 8], // loopback
  ["168.63.129.16", 32], // Azure's host, which tells secrets of the machine
  ["169.254.0.0", 16], // link-local, with the metadata services of the clouds
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // protocol assignments
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16], // private
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, and broadcast
];

/** All of the internet's hosts are in 2000::/3: this leaves out loopback, ULA, link-local, multicast, v4-mapped and NAT64. */
const GLOBAL_V6 = ["2000::", 3] as const;
const SPECIAL_V6: readonly (readonly [network: string, prefix: number])[] = [
  ["2001::", 23], // protocol assignments, with Teredo, which embeds IPv4 addresses
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4, which embeds IPv4 addresses
  ["3fff::", 20], // documentation
];

const special = new BlockList();
for (const [network, prefix] of SPECIAL_V4) special.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of SPECIAL_V6) special.addSubnet(network, prefix, "ipv6");
const globalV6 = new BlockList();
globalV6.addSubnet(...GLOBAL_V6, "ipv6");

/** Whether the address is one of an ordinary host on the internet; false for what is no address. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !special.check(address, "ipv4");
  if (isIP(address) !== 6 || address.includes("%")) return false;
  return globalV6.check(address, "ipv6") && !special.check(address, "ipv6");
}
