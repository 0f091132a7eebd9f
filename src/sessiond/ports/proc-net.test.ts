import { expect, test } from "vitest";
import { parseProcNet } from "./proc-net.ts";
import { listeningPorts } from "./watcher.ts";

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
  expect(parseProcNet(TCP)).toEqual([
    { port: 3000, address: "127.0.0.1", inode: 41001 },
    { port: 8080, address: "0.0.0.0", inode: 41002 },
    { port: 22, address: "127.0.0.1", inode: 41004 },
  ]);
});

test("reads addresses of IPv6", () => {
  expect(parseProcNet(TCP6)).toEqual([
    { port: 5173, address: "::1", inode: 42001 },
    { port: 8080, address: "::", inode: 42002 },
    { port: 9000, address: "127.0.0.1", inode: 42003 },
    { port: 9001, address: "2001:db8::1", inode: 42004 },
  ]);
});

test("leaves out lines of another shape", () => {
  expect(parseProcNet("garbage\n 0: XYZ:0BB8 0:0 0A a b c d e 1\n\n 1: 0100007F 0:0 0A a b c d e 2")).toEqual([]);
});

test("reports a port once, with its program, and only those of the session from 1024 on", () => {
  const owners = new Map([41001, 41002, 42002, 41004].map((inode) => [inode, inode]));
  const sockets = [...parseProcNet(TCP), ...parseProcNet(TCP6)];
  expect(listeningPorts(sockets, owners, (pid) => `program-${pid}`)).toEqual([
    { port: 3000, process: "program-41001", address: "127.0.0.1" },
    { port: 8080, process: "program-41002", address: "0.0.0.0" },
  ]);
});
