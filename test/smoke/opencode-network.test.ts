import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { ContainerSession } from "./container-session.ts";
import { openPorts, PodNetwork } from "./pod-network.ts";
import { askIde, EVERYWHERE, startServers } from "./session-servers.ts";

const DOOR = 4100;

/** Asks the door with what is on standard input as further headers. */
const ASK = `curl -s -m 10 -o /dev/null -w '%{http_code}' -H @- "$0"`;
const KEY = `printf 'Authorization: Bearer %s\\n' "$(cat "$SESSION_KEY_FILE")"`;

describe("a session in its container, from another container of its network", () => {
  let network: PodNetwork;
  let session: ContainerSession;
  let address: string;

  beforeAll(async () => {
    network = await PodNetwork.create();
    session = await ContainerSession.create();
    session.network = network.name;
    for (const step of ["config", "workspace"] as const)
      expect(await session.runStep(step)).toMatchObject({ code: 0, stderr: "" });
    await session.start({ env: { SESSIOND_SOCKET: "", SESSIOND_PORT: String(DOOR) } });
    await eventually(async () => expect((await session.checkHealth()).code).toBe(0));
    await startServers(session);
    await eventually(async () => expect(await askIde(session, "/healthz")).toMatch(/\n200$/));
    address = await network.addressOf(session.container);
  });
  afterAll(async () => {
    await session?.[Symbol.asyncDispose]();
    await network?.[Symbol.asyncDispose]();
  });

  const askFromOutside = async (script: string) => {
    const env = { SESSION_KEY_FILE: "/run/session/key" };
    const options = ["--entrypoint=sh"];
    return (await session.run(["-c", script, `http://${address}:${DOOR}/status`], { env, options })).stdout;
  };

  test("only the door is open, and what the session itself has on all addresses", async () => {
    expect(await openPorts(session, address)).toEqual({ open: [DOOR, EVERYWHERE], refusals: ["ECONNREFUSED"] });
  });

  test("the door answers whoever has the session's key, and nobody else", async () => {
    expect(await askFromOutside(`: | ${ASK}`)).toBe("401");
    expect(await askFromOutside(`${KEY} | ${ASK}`)).toBe("200");
  });
});
