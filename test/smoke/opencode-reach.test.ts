import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callThrough, connectThrough } from "../harness/door.ts";
import { eventually } from "../harness/eventually.ts";
import { forwardToSocket } from "../harness/forward.ts";
import { launchBrowser } from "../web/browser.ts";
import { ContainerSession } from "./container-session.ts";
import { WORKSPACE } from "./image.ts";
import { listeners } from "./listeners.ts";
import { askIde, EVERYWHERE, ideSocket, SERVERS, startServers } from "./session-servers.ts";

/** An address of the loopback network that only a server on all addresses answers on, as it would on a pod's address. */
const OTHER_ADDRESS = "127.0.0.2";

describe("what of a session can be reached", () => {
  let session: ContainerSession;
  beforeAll(async () => {
    session = await ContainerSession.create();
    await session.boot();
    await startServers(session);
  });
  afterAll(() => session[Symbol.asyncDispose]());

  /** What answers inside, without the door: an HTTP status, or 000. */
  const inside = async (address: string, port: number) =>
    (await session.exec("curl", "-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", `http://${address}:${port}/`))
      .stdout;

  test.each(SERVERS)("a server on $on, through the door, answers in its own words", async ({ port, says }) => {
    const answer = await eventually(() => callThrough(session, `port:${port}`, {}), 20_000);
    expect(answer).toEqual({ status: 200, text: says });
    await eventually(async () => {
      const { status } = await session.report();
      expect(status.ports.map((one) => one.port)).toContain(port);
    }, 20_000);
  });

  test("the web IDE works in a browser: its workbench shows a file of the workspace", async () => {
    const words = `Words of ${session.hash}.`;
    await session.exec("sh", "-c", 'printf %s "$1" > "$2"', "sh", words, `${WORKSPACE}/greeting.txt`);
    await eventually(async () => expect(await askIde(session, "/healthz")).toMatch(/\n200$/));
    await using server = await forwardToSocket(ideSocket(session));
    await using browser = await launchBrowser();
    const page = await browser.newPage();
    await page.goto(`${server.origin}/?folder=${WORKSPACE}`);
    await page.getByRole("treeitem", { name: "greeting.txt" }).dblclick({ timeout: 60_000 });
    await page.locator(".editor-instance .view-line").getByText(words).waitFor({ timeout: 60_000 });
  });

  test("opencode and the IDE are on loopback or a socket only, and not behind the door's ports", async () => {
    await eventually(async () => expect(await askIde(session, "/healthz")).toMatch(/\n200$/));
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
