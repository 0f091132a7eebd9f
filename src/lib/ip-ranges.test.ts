import { expect, test } from "vitest";
import { isPublicAddress } from "./ip-ranges.ts";

test.each([
  ["loopback", "127.0.0.1", "127.255.255.255", "::1"],
  ["the machine itself", "0.0.0.0", "0.1.2.3", "::"],
  ["private", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
  ["link-local", "169.254.169.254", "fe80::1", "fe80::1%lo", "febf::1"],
  ["carrier-grade NAT", "100.64.0.1", "100.127.255.255"],
  ["unique local", "fc00::1", "fd00:ec2::254"],
  ["multicast and broadcast", "224.0.0.1", "239.1.1.1", "255.255.255.255", "ff02::1"],
  ["documentation", "192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
  ["IPv4 in IPv6", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:7f00:1", "::127.0.0.1", "2002:7f00:1::"],
  ["NAT64 and Teredo", "64:ff9b::7f00:1", "64:ff9b:1::1", "2001:0:1::1"],
  ["others", "192.0.0.8", "192.88.99.1", "198.19.255.255", "240.0.0.1", "168.63.129.16", "fec0::1", "4000::1"],
  ["no addresses", "", "localhost", "1.2.3", "0x7f.1", "2130706433", "1.2.3.4.5", "[2606:4700::1]"],
])("%s is not public", (_name, ...addresses) => {
  expect(addresses.filter(isPublicAddress)).toEqual([]);
});

test("addresses just beside the special ranges are public", () => {
  const addresses = ["1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"];
  addresses.push("128.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "223.255.255.255", "198.20.0.0");
  addresses.push("2606:4700::1111", "2001:4860:4860::8888", "2003::1", "2A00:1450::1");
  expect(addresses.filter((address) => !isPublicAddress(address))).toEqual([]);
});
