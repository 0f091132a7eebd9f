import { spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseListening } from "../../src/lib/proc-net.ts";
import { socketOwners } from "../../src/sessiond/ports/socket-owners.ts";
import { SessionFolder } from "../harness/sessiond.ts";

let folder: SessionFolder;
beforeAll(async () => {
  folder = await SessionFolder.create();
  await folder.start();
  await folder.until(({ status }) => status.readyAt !== null);
});
afterAll(() => folder[Symbol.asyncDispose]());

/** A server that sends back what it gets, in capitals, and closes when the client does. */
const ECHO = `const { createServer } = require("node:net");
const server = createServer((socket) => {
  socket.on("data", (chunk) => socket.write(String(chunk).toUpperCase()));
  socket.on("error", () => {});
}).listen(0, process.argv[1], () => console.log(server.address().port));`;

/** Starts it as a program of the session that started by itself, or of a neighbour's. */
async function startEcho(host: string, hash = folder.hash) {
  const env = { OPENCODE_ROUTER_SESSION: hash, HOME: folder.path("home") };
  const child = spawn(process.execPath, ["-e", ECHO, host], { env, stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  const end = async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { port: Number(line), [Symbol.asyncDispose]: end };
}

test("the socket is its owner's only", () => {
  expect((statSync(folder.socket).mode & 0o777).toString(8)).toBe("600");
});

test.each([undefined, "", "wrong", "x".repeat(43)])("without the session key (%s) nothing is told", async (key) => {
  for (const path of ["/status", "/report", "/nothing"])
    expect(await folder.get(path, key)).toEqual({ status: 401, text: "" });
  for (const target of ["opencode", "port:3000", "nonsense"]) {
    const { status, socket } = await folder.connect(target, key ?? "");
    socket.destroy();
    expect(status).toBe(401);
  }
});

test("any other path is not found", async () => {
  expect((await folder.get("/", folder.key.reveal())).status).toBe(404);
});

test.each(["127.0.0.1", "::1"])("passes bytes to a dev server on %s and ends with it", async (host) => {
  await using echo = await startEcho(host);
  const { status, socket } = await folder.connect(`port:${echo.port}`);
  expect(status).toBe(200);
  socket.end("hello");
  let heard = "";
  for await (const chunk of socket) heard += String(chunk);
  expect(heard).toBe("HELLO");
  await folder.until((report) => report.status.clients === 0);
});

test("refuses where nothing listens, and ports of its own", async () => {
  const { status } = await folder.connect("port:1999");
  expect(status).toBe(502);
  expect((await folder.connect("port:4096")).status).toBe(403);
  expect((await folder.connect("ide")).status).toBe(503);
});

test("passes nothing to a server of another session", async () => {
  await using neighbour = await startEcho("127.0.0.1", "0123456789ab");
  expect((await folder.connect(`port:${neighbour.port}`)).status).toBe(502);
});

test("a dev port never leads to opencode", async () => {
  const { pid } = (await folder.report()).status.opencode;
  const sockets = parseListening(readFileSync("/proc/net/tcp", "latin1"));
  const owners = socketOwners([pid ?? 0], new Set(sockets.map(({ inode }) => inode)));
  const ports = sockets.filter(({ inode }) => owners.has(inode)).map(({ port }) => port);
  expect(ports).toHaveLength(1);
  expect((await folder.connect(`port:${ports[0]}`)).status).toBe(403);
});

test("opencode asks for the password that is derived from the session key", async () => {
  const { socket } = await folder.connect("opencode");
  socket.write("GET /session HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  const [answer] = await once(socket, "data");
  expect(String(answer)).toMatch(/^HTTP\/1\.1 401/);
  expect((await folder.opencode("GET", "/global/health")).json).toMatchObject({ healthy: true });
});

test("a tunnel to opencode ends when opencode does, and the next one works", async () => {
  const before = await folder.report();
  const { socket } = await folder.connect("opencode");
  const closed = once(socket, "close");
  process.kill(before.status.opencode.pid ?? 0, "SIGKILL");
  socket.resume();
  await closed;
  const { status } = await folder.until(
    (report) => report.status.opencode.healthy && report.status.opencode.pid !== before.status.opencode.pid,
  );
  expect(status.opencode.lastCrash).toMatchObject({ signal: "SIGKILL", class: "oom" });
  expect((await folder.opencode("GET", "/global/health")).status).toBe(200);
});
