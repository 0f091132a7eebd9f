import { expect, test } from "vitest";
import { parseConnected, parseListening } from "./proc-net.ts";

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41001 1 0000000000000000 100 0 0 10 0
   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41002 1 0000000000000000 100 0 0 10 0
   2: 0100007F:0BB8 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 41003 1 0000000000000000 20 4 30 10 -1
   3: 0100007F:D431 0100007F:0BB8 06 00000000:00000000 03:000004F2 00000000     0        0 0 3 0000000000000000
   4: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41004 1 0000000000000000 100 0 0 10 0
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:1435 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 42001 1 0000000000000000 100 0 0 10 0
   1: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 42002 1 0000000000000000 100 0 0 10 0
   2: 0000000000000000FFFF00000100007F:2328 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 42003 1 0000000000000000 100 0 0 10 0
   3: B80D0120000000000000000001000000:2329 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 42004 1 0000000000000000 100 0 0 10 0
`;

test("reads listening sockets of IPv4 only, not connections", () => {
  expect(parseListening(TCP)).toEqual([
    { port: 3000, address: "127.0.0.1", inode: 41001 },
    { port: 8080, address: "0.0.0.0", inode: 41002 },
    { port: 22, address: "127.0.0.1", inode: 41004 },
  ]);
});

test("reads addresses of IPv6", () => {
  expect(parseListening(TCP6)).toEqual([
    { port: 5173, address: "::1", inode: 42001 },
    { port: 8080, address: "::", inode: 42002 },
    { port: 9000, address: "127.0.0.1", inode: 42003 },
    { port: 9001, address: "2001:db8::1", inode: 42004 },
  ]);
});

test("leaves out lines of another shape", () => {
  expect(parseListening("garbage\n 0: XYZ:0BB8 0:0 0A a b c d e 1\n\n 1: 0100007F 0:0 0A a b c d e 2")).toEqual([]);
});

const CONNECTED = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100630A:1B58 0200630A:DB30 01 00000000:00000000 02:0000004E 00000000     0        3 2824051 2 0000000088060000 20 4 30 10 -1
   1: 0100630A:1B58 0200630A:B30A 08 00000005:00000000 01:00000028 00000004     0        0 2827950 3 0000000089ad0000 20 4 30 10 -1
   2: 0100630A:1B58 0200630A:B30B 01 00000005:00000000 04:00000028 00000000     0        7 2827951 3 0000000089ad0000 20 4 30 10 -1
   3: 0100630A:1B58 0200630A:DB31 06 00000000:00000000 03:000015A0 00000009     0        9 0 3 00000000892ce62e
`;

test("reads of connections what the kernel asked or sent in vain; a full reader is not a silent one", () => {
  const local = { address: "10.99.0.1", port: 7000 };
  const remote = (port: number) => ({ address: "10.99.0.2", port });
  expect(parseConnected(CONNECTED)).toEqual([
    { local, remote: remote(56_112), repetitions: 0, probes: 3 },
    { local, remote: remote(45_834), repetitions: 4, probes: 0 },
    { local, remote: remote(45_835), repetitions: 0, probes: 0 },
  ]);
});
