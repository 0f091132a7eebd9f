import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callThrough, connectThrough } from "../harness/door.ts";
import { eventually } from "../harness/eventually.ts";
import { ContainerSession } from "./container-session.ts";
import { WORKSPACE } from "./image.ts";
import { listeners } from "./listeners.ts";
import { askIde, EVERYWHERE, SERVERS, startServers } from "./session-servers.ts";

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

  test("the web IDE serves its workbench on its socket", async () => {
    const page = await eventually(async () => {
      const answer = await askIde(session, `/?folder=${WORKSPACE}`);
      expect(answer).toMatch(/\n200$/);
      return answer;
    });
    const script = /(?:src|href)="([^"]*workbench[^"]*\.(?:js|css))"/.exec(page)?.[1] ?? "";
    const asset = await askIde(session, new URL(script, `http://ide/?folder=${WORKSPACE}`).pathname);
    expect(script).toContain("workbench");
    expect(asset).toMatch(/\n200$/);
    expect(asset.length).toBeGreaterThan(100_000);
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
