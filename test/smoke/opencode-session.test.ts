import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { opencodePassword } from "../../src/lib/session-key.ts";
import { connectThrough } from "../harness/door.ts";
import { eventually } from "../harness/eventually.ts";
import { ContainerSession } from "./container-session.ts";
import { modelLayer, MODEL_PORT } from "./model-layer.ts";
import { WORKSPACE } from "./image.ts";

const HEALTHY_WITHIN_MS = 20_000;

describe("a session in its container, without network", () => {
  let session: ContainerSession;
  let healthyAfterMs = Number.POSITIVE_INFINITY;

  beforeAll(async () => {
    session = await ContainerSession.create();
    await writeFile(session.path("config/models.json"), JSON.stringify(modelLayer));
    expect(await session.runStep("config", { env: session.configLayers })).toMatchObject({ code: 0, stderr: "" });
    expect(await session.runStep("workspace")).toMatchObject({ code: 0, stderr: "" });
    const startedAt = Date.now();
    await session.start();
    await session.untilReady();
    healthyAfterMs = Date.now() - startedAt;
    const model = await session.startProgram("model-server", String(MODEL_PORT));
    await once(model.stdout, "data");
  });
  afterAll(() => session[Symbol.asyncDispose]());

  test("opencode is healthy within 20 s", () => {
    process.stdout.write(`healthy after ${healthyAfterMs} ms\n`);
    expect(healthyAfterMs).toBeLessThan(HEALTHY_WITHIN_MS);
  });

  test("the agent does a whole turn with a tool, in the workspace", async () => {
    const { json: conversation } = await session.opencode("POST", "/session", {});
    const { id, directory } = conversation as { id: string; directory: string };
    expect(directory).toBe(WORKSPACE);
    const answer = await session.opencode("POST", `/session/${id}/message`, {
      model: { providerID: "local", modelID: "fake-1" },
      parts: [{ type: "text", text: "WRITE[hello.txt]" }],
    });
    expect(answer.status).toBe(200);
    expect(JSON.stringify(answer.json)).toContain("All done, the tool has finished.");
    expect(await readFile(session.path("home/workspace/hello.txt"), "utf8")).toBe("hello from the test model\n");
  });

  test("the agent's shell has the programs that it needs", async () => {
    const { json: conversation } = await session.opencode("POST", "/session", {});
    const { id } = conversation as { id: string };
    const command = "rg --version >rg.out && git --version >git.out && id -u >id.out";
    await session.opencode("POST", `/session/${id}/message`, {
      model: { providerID: "local", modelID: "fake-1" },
      parts: [{ type: "text", text: `BASH[${command}]` }],
    });
    expect(await readFile(session.path("home/workspace/rg.out"), "utf8")).toMatch(/^ripgrep \d/);
    expect(await readFile(session.path("home/workspace/git.out"), "utf8")).toMatch(/^git version \d/);
    expect(await readFile(session.path("home/workspace/id.out"), "utf8")).toBe("1000\n");
  });

  test("a terminal opens, runs echo and shows what it wrote", async () => {
    const created = await session.opencode("POST", "/pty", { cwd: WORKSPACE });
    expect(created.status).toBe(200);
    const { id } = created.json as { id: string };
    const { status, socket } = await connectThrough(session.socket, "opencode", session.key.reveal());
    expect(status).toBe(200);
    const auth = Buffer.from(`opencode:${opencodePassword(session.key).reveal()}`).toString("base64");
    const terminal = new WebSocket(`ws://127.0.0.1/pty/${id}/connect`, {
      createConnection: () => socket,
      headers: { authorization: `Basic ${auth}` },
    });
    let shown = "";
    terminal.on("message", (data: Buffer) => (shown += data.toString("utf8")));
    await once(terminal, "open");
    // The sum is not in what is typed, so the terminal's own echo of it proves nothing.
    terminal.send("echo sum-$((40+2))-sum\r");
    await eventually(async () => expect(shown).toContain("sum-42-sum"));
    terminal.close();
  });
});
