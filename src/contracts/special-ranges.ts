/** An address and the length of the prefix that all of its range have. */
export type Range = readonly [network: string, prefix: number];

/** Ranges of the IANA special-purpose registries that are no ordinary host on the internet. */
export const SPECIAL_V4: readonly Range[] = [
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
export const GLOBAL_V6: Range = ["2000::", 3];
/** What of it is no ordinary host either. */
export const SPECIAL_V6: readonly Range[] = [
  ["2001::", 23], // protocol assignments, with Teredo, which embeds IPv4 addresses
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4, which embeds IPv4 addresses
  ["3fff::", 20], // documentation
];
