import { expect, test } from "vitest";
import { listeningPorts } from "./watcher.ts";

const socket = (port: number, address: string, inode: number) => ({ port, address, inode });

test("reports a port once, with its program, and only those of the session from 1024 on", () => {
  const owners = new Map([41001, 41002, 42002, 41004].map((inode) => [inode, inode]));
  const sockets = [
    socket(3000, "127.0.0.1", 41001),
    socket(8080, "0.0.0.0", 41002),
    socket(22, "127.0.0.1", 41004),
    socket(5173, "::1", 42001),
    socket(8080, "::", 42002),
  ];
  expect(listeningPorts(sockets, owners, (pid) => `program-${pid}`)).toEqual([
    { port: 3000, process: "program-41001", address: "127.0.0.1" },
    { port: 8080, process: "program-41002", address: "0.0.0.0" },
  ]);
});
