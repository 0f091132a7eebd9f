import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect as expectPage } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { parseListening } from "../../src/lib/proc-net.ts";
import { socketOwners } from "../../src/sessiond/ports/socket-owners.ts";
import { readEvents } from "../harness/http.ts";
import { freePorts } from "../harness/router.ts";
import { launchBrowser, visit } from "../web/browser.ts";
import { BROWSER_ARGS, DOMAIN, PortSession } from "./port-session.ts";

const DEV_SERVER = fileURLToPath(new URL("../programs/dev-server.ts", import.meta.url));
const TSX = import.meta.resolve("tsx");

let session: PortSession;
let neighbour: PortSession;
beforeAll(async () => {
  session = await PortSession.start();
  neighbour = await PortSession.create(session.router);
});
afterAll(() => session?.[Symbol.asyncDispose]());

const devServer = (port: number, address = "127.0.0.1") =>
  session.run({ command: [process.execPath, "--import", TSX, DEV_SERVER, String(port), address] });

/** The port on which the opencode of a session listens. */
async function opencodePort({ router, hash }: PortSession): Promise<number> {
  const status = await router.api("GET", `/api/sessions/${hash}/status`);
  const { pid } = status.json<{ opencode: { pid: number } }>().opencode;
  const sockets = parseListening(readFileSync("/proc/net/tcp", "latin1"));
  const owners = socketOwners([pid], new Set(sockets.map(({ inode }) => inode)));
  return sockets.find(({ inode }) => owners.has(inode))!.port;
}

/** Reads the live list until the session's ports are as expected. */
const streamed = async (good: (ports: Session["ports"]) => boolean): Promise<Session["ports"]> => {
  const portsIn = (data: unknown) =>
    (data as { sessions: Session[] }).sessions.find(({ hash }) => hash === session.hash)?.ports ?? [];
  const events = await readEvents(session.router.ports.public, "/api/sessions/stream", {
    headers: { host: session.router.mainHost() },
    until: ({ event, data }) => event === "sessions" && good(portsIn(data)),
  });
  return portsIn(events.at(-1)?.data);
};

test("a new listener appears in the live list, once for both protocols, and goes with its program", async () => {
  const [port = 0] = await freePorts(1);
  const appeared = streamed((ports) => ports.some((one) => one.port === port));
  const terminal = await devServer(port, "::");
  const url = `http://${port}-${session.hash}-oc.${DOMAIN}/`;
  expect(await appeared).toEqual([{ port, process: "node", url, level: "owner" }]);
  expect(await session.ports()).toEqual([{ port, process: "node", url, level: "owner" }]);

  const gone = streamed((ports) => ports.length === 0);
  await terminal[Symbol.asyncDispose]();
  expect(await gone).toEqual([]);
  expect(await session.ports()).toEqual([]);
});

test("a server is reached though it started a moment ago", async () => {
  const [port = 0] = await freePorts(1);
  await using _terminal = await devServer(port);
  expect((await session.answering(port)).text).toBe("node on 127.0.0.1");
});

test("a port host never leads to an agent, to the router, or to anything else of the machine", async () => {
  const elsewhere = createServer((_req, res) => res.end("not for you")).listen(0, "127.0.0.1");
  await once(elsewhere, "listening");
  const { public: publicPort, attach, internal } = session.router.ports;
  const refused = {
    "its own agent": await opencodePort(session),
    "a neighbour's agent": await opencodePort(neighbour),
    "the public listener": publicPort,
    "the attach listener": attach,
    "the internal listener": internal,
    "another program": (elsewhere.address() as AddressInfo).port,
  };
  for (const [what, port] of Object.entries(refused)) {
    const answer = await session.call(port, "/");
    expect([what, answer.status]).toEqual([what, 502]);
    expect(answer.json()).toMatchObject({ detail: expect.stringContaining("Nothing listens on this port") });
    expect([what, await session.socket(port, "/")]).toEqual([what, expect.objectContaining({ status: 502 })]);
  }
  expect(await session.ports()).toEqual([]);
  elsewhere.close();
});

test("a neighbour's server is not reached, though it listens on the same loopback", async () => {
  const [port = 0] = await freePorts(1);
  await using _terminal = await devServer(port);
  await session.answering(port);
  expect((await neighbour.call(port, "/")).status).toBe(502);
  expect(await neighbour.ports()).toEqual([]);
});

test.each([4096, 4100, 9222, 1023])("there is no host for port %i", async (port) => {
  expect((await session.call(port, "/")).status).toBe(404);
  expect(await session.socket(port, "/")).toMatchObject({ status: 404 });
});

test("a browser that comes too early sees the server as soon as it runs", async () => {
  const [port = 0] = await freePorts(1);
  await using browser = await launchBrowser(BROWSER_ARGS);
  await using at = await visit(browser, session.origin(port));
  await expectPage(at.page.getByText(`Nothing listens on port ${port} in the session.`)).toBeVisible();
  await using _terminal = await devServer(port);
  await expectPage(at.page.getByText("node on 127.0.0.1")).toBeVisible({ timeout: 60_000 });
  expect(at.faults).toEqual([]);
});
