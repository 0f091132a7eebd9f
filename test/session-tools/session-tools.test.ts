import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, eventually } from "../harness/http.ts";
import { startModelServer, type ModelServer } from "../harness/model-server.ts";
import { freePorts, startRouter } from "../harness/router.ts";
import { DOMAIN, PortSession } from "../ports/port-session.ts";

const SKILL = fileURLToPath(
  new URL("../../images/opencode/rootfs/defaults/skills/dev-server/SKILL.md", import.meta.url),
);

let model: ModelServer;
let session: PortSession;
beforeAll(async () => {
  model = await startModelServer();
  const router = await startRouter({ modelUrl: model.url, env: { SESSION_DOMAIN: DOMAIN } });
  session = await PortSession.create(router).catch(async (cause: unknown) => {
    await router[Symbol.asyncDispose]();
    throw cause;
  });
});
afterAll(async () => {
  await session?.[Symbol.asyncDispose]();
  await model?.[Symbol.asyncDispose]();
});

interface Message {
  readonly info: { readonly role: string };
  readonly parts: readonly { readonly type: string; readonly state?: { readonly output?: string } }[];
}

/** A turn in which the agent runs a command. @returns what it printed @throws when the agent has to ask for leave */
async function turn(conversation: string, command: string): Promise<string> {
  const parts = [{ type: "text", text: `BASH[${command}]` }];
  let done = false;
  const answering = session
    .opencode("POST", `/session/${conversation}/message`, { parts })
    .finally(() => (done = true));
  const asked = await eventually(
    async () => (await session.opencode("GET", "/permission")).json<unknown[]>(),
    (permissions) => done || permissions.length > 0,
  );
  if (asked.length > 0) {
    await session.opencode("POST", `/session/${conversation}/abort`);
    throw new Error(`the agent asks: ${JSON.stringify(asked)}`);
  }
  const answer = await answering;
  if (answer.status !== 200) throw new Error(`no turn: ${answer.status} ${answer.text}`);
  const messages = (await session.opencode("GET", `/session/${conversation}/message`)).json<Message[]>();
  const last = messages.slice(messages.findLastIndex(({ info }) => info.role === "user"));
  return last.flatMap((message) => message.parts.map(({ state }) => state?.output ?? "")).join("");
}

const newConversation = async (): Promise<string> =>
  (await session.opencode("POST", "/session", {})).json<{ id: string }>().id;

/** The commands that the skill's text gives below a heading, for another port than its example. */
async function commands(heading: string, port: number): Promise<string> {
  const section = (await readFile(SKILL, "utf8")).split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const command = /```sh\n([^]*?)```/.exec(section)?.[1];
  if (command === undefined) throw new Error(`the skill has no commands below "${heading}"`);
  return command.replaceAll("5173", String(port));
}

test("the session's opencode knows the platform's skills and agent", async () => {
  const skills = (await session.opencode("GET", "/skill")).json<{ name: string; description: string }[]>();
  expect(skills.map(({ name }) => name)).toEqual(expect.arrayContaining(["dev-server", "git-workflow"]));
  expect(skills.find(({ name }) => name === "dev-server")?.description).toMatch(/public URL/);
  const agents = (await session.opencode("GET", "/agent")).json<
    { name: string; mode: string; permission: { permission: string; action: string }[] }[]
  >();
  const review = agents.find(({ name }) => name === "review-branch");
  expect(review).toMatchObject({ mode: "subagent" });
  expect(review?.permission.findLast(({ permission }) => permission === "edit")?.action).toBe("deny");
});

test("what the instructions name may be read without asking, the rest outside of the workspace not", async () => {
  const agents = (await session.opencode("GET", "/agent")).json<
    { name: string; permission: { permission: string; pattern: string; action: string }[] }[]
  >();
  const outside = agents
    .find(({ name }) => name === "build")
    ?.permission.filter(({ permission }) => permission === "external_directory");
  const home = join(session.workspace, "..");
  for (const folder of [".config/opencode-router", ".cache"])
    expect(outside).toContainEqual({
      permission: "external_directory",
      pattern: join(home, folder, "*"),
      action: "allow",
    });
  expect(outside?.findLast(({ pattern }) => pattern === "*")?.action).toBe("ask");
});

test("the file and the variable tell the public URL of a port", async () => {
  const file = join(session.workspace, "../.config/opencode-router/urls.json");
  const { port } = JSON.parse(await readFile(file, "utf8")) as { port: string };
  expect(port.replace("{port}", "5173")).toBe(`http://5173-${session.hash}-oc.${DOMAIN}/`);
  expect(await turn(await newConversation(), 'printf %s "$OPENCODE_ROUTER_PORT_URL"')).toContain(port);
});

test("who follows the skill has a server that outlives the turn, is listed, and answers at its public URL", async () => {
  const [port = 0] = await freePorts(1);
  const folder = join(session.workspace, "app with spaces");
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), JSON.stringify({ scripts: { dev: "node server.mjs" } }));
  await writeFile(
    join(folder, "server.mjs"),
    `import { createServer } from "node:http";
     createServer((_req, res) => res.end("hello from the skill")).listen(${port}, "localhost", () => console.log("ready"));`,
  );
  const conversation = await newConversation();
  await turn(conversation, `cd "app with spaces"\n${await commands("Start", port)}`);
  const checked = await turn(conversation, await commands("Check", port));
  expect(checked).toContain("200");
  expect(checked).toContain("ready");

  const url = (await turn(conversation, await commands("Public URL", port))).trim();
  await session.opencode("POST", `/session/${conversation}/abort`);
  await session.opencode("DELETE", `/session/${conversation}`);
  expect((await session.listed(port)).url).toBe(url);
  const { host, pathname } = new URL(url);
  const page = await call(session.router.ports.public, pathname, { headers: { host } });
  expect([page.status, page.text]).toEqual([200, "hello from the skill"]);

  await turn(await newConversation(), await commands("Stop", port));
  await eventually(
    () => session.ports(),
    (ports) => ports.every((one) => one.port !== port),
  );
});

test("a person's own skill is read beside the platform's, and survives a stop", async () => {
  const mine = join(session.workspace, "../.config/opencode/skills/mine/SKILL.md");
  await mkdir(join(mine, ".."), { recursive: true });
  await writeFile(mine, "---\nname: mine\ndescription: Of the person\n---\n\nText.\n");
  await session.router.api("POST", `/api/sessions/${session.hash}/stop`);
  await session.router.waitFor(session.hash, "stopped");
  await session.router.api("POST", `/api/sessions/${session.hash}/resume`);
  await session.router.waitFor(session.hash, "running");
  await access(mine);
  const skills = (await session.opencode("GET", "/skill")).json<{ name: string }[]>().map(({ name }) => name);
  expect(skills).toEqual(expect.arrayContaining(["mine", "dev-server", "git-workflow"]));
});
