import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callThrough, connectThrough } from "../harness/door.ts";
import { eventually } from "../harness/eventually.ts";
import { ContainerSession } from "./container-session.ts";
import { WORKSPACE } from "./image.ts";
import { listeners } from "./listeners.ts";

const IDE_SOCKET = "/tmp/ide.sock";
const IDE_FLAGS = ["--auth=none", "--disable-telemetry", "--disable-update-check", "--disable-proxy"];

const nodeServer = (port: number, address: string) => [
  "node",
  "--eval",
  `require("node:http").createServer((q, s) => s.end("node ${port}")).listen(${port}, "${address}")`,
];
const pythonServer = (port: number, address: string) => [
  "python3",
  "-m",
  "http.server",
  String(port),
  "--bind",
  address,
];

const SERVERS = [
  { port: 5173, command: nodeServer(5173, "localhost"), on: "localhost in node" },
  { port: 5174, command: nodeServer(5174, "127.0.0.1"), on: "127.0.0.1 in node" },
  { port: 5175, command: nodeServer(5175, "::1"), on: "::1 in node" },
  { port: 5176, command: pythonServer(5176, "localhost"), on: "localhost in python" },
  { port: 5177, command: pythonServer(5177, "127.0.0.1"), on: "127.0.0.1 in python" },
  { port: 5178, command: pythonServer(5178, "::1"), on: "::1 in python" },
];

/** An address of the loopback network that only a server on all addresses answers on, as it would on a pod's address. */
const OTHER_ADDRESS = "127.0.0.2";
const EVERYWHERE = 5179;

describe("what of a session can be reached", () => {
  let session: ContainerSession;
  beforeAll(async () => {
    session = await ContainerSession.create();
    await session.boot();
    for (const { command } of SERVERS) await session.execDetached(...command);
    await session.execDetached(...nodeServer(EVERYWHERE, "0.0.0.0"));
    await session.execDetached("code-server", `--socket=${IDE_SOCKET}`, "--socket-mode=600", ...IDE_FLAGS, WORKSPACE);
  });
  afterAll(() => session[Symbol.asyncDispose]());

  /** What answers inside, without the door: an HTTP status, or 000. */
  const inside = async (address: string, port: number) =>
    (await session.exec("curl", "-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", `http://${address}:${port}/`))
      .stdout;
  const overIde = (path: string) =>
    session.exec("curl", "-s", "-m", "20", "--unix-socket", IDE_SOCKET, "-w", "\n%{http_code}", `http://ide${path}`);

  test.each(SERVERS)("a server on $on, through the door", async ({ port }) => {
    const answer = await eventually(() => callThrough(session, `port:${port}`, {}), 20_000);
    expect(answer.status).toBe(200);
    await eventually(async () => {
      const { status } = await session.report();
      expect(status.ports.map((one) => one.port)).toContain(port);
    }, 20_000);
  });

  test("the web IDE serves its workbench on its socket", async () => {
    const page = await eventually(async () => {
      const { stdout } = await overIde(`/?folder=${WORKSPACE}`);
      expect(stdout).toMatch(/\n200$/);
      return stdout;
    });
    const script = /(?:src|href)="([^"]*workbench[^"]*\.(?:js|css))"/.exec(page)?.[1] ?? "";
    const asset = await overIde(new URL(script, `http://ide/?folder=${WORKSPACE}`).pathname);
    expect(script).toContain("workbench");
    expect(asset.stdout).toMatch(/\n200$/);
    expect(asset.stdout.length).toBeGreaterThan(100_000);
  });

  test("opencode and the IDE are on loopback or a socket only, and not behind the door's ports", async () => {
    const { stdout: running } = await session.exec("sh", "-c", "cat /proc/[0-9]*/comm");
    expect(running).toContain("opencode");
    expect(await inside("127.0.0.1", 4096)).toBe("401");
    expect(await inside(OTHER_ADDRESS, EVERYWHERE)).toBe("200");
    expect(await inside(OTHER_ADDRESS, 4096)).toBe("000");
    const open = await listeners(session);
    expect(open.map(({ port }) => port)).toEqual(expect.arrayContaining([4096, EVERYWHERE]));
    const elsewhere = open.filter(({ loopback }) => !loopback).map(({ port }) => port);
    expect(elsewhere).toEqual([EVERYWHERE]);
    const refused = await connectThrough(session.socket, "port:4096", session.key.reveal());
    expect(refused.status).toBe(403);
  });

  test.each([["opencode"], ["ide"], ["port:5173"]])(
    "CONNECT %s without the session's key is refused",
    async (target) => {
      expect((await connectThrough(session.socket, target, undefined)).status).toBe(401);
      expect((await connectThrough(session.socket, target, "x".repeat(43))).status).toBe(401);
    },
  );
});
