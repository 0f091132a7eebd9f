import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { git, makeRepository } from "../harness/git-repository.ts";
import { startGitServer } from "../harness/git-server.ts";
import { eventually, readEvents, type SseMessage } from "../harness/http.ts";
import { startModelServer } from "../harness/model-server.ts";
import { opencodeBinary } from "../harness/opencode-binary.ts";
import { processesWith } from "../harness/processes.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";
import { Terminal } from "../harness/terminal.ts";

interface OpencodeMessage {
  readonly info: { readonly id: string; readonly role: string };
  readonly parts: readonly {
    readonly type: string;
    readonly text?: string;
    readonly state?: { readonly status: string };
  }[];
}

const conversationOf = (session: Session): string => session.url?.split("/").at(-1) ?? "";

const messages = async (router: TestRouter, session: Session): Promise<OpencodeMessage[]> =>
  (await router.onSession(session.hash, `/session/${conversationOf(session)}/message`)).json<OpencodeMessage[]>();

/** Gives a prompt through the proxied API, and reads the proxied event stream until the agent is done. */
async function prompt(router: TestRouter, session: Session, text: string): Promise<SseMessage[]> {
  const headers = { host: router.sessionHost(session.hash) };
  const conversation = conversationOf(session);
  let sent: Promise<unknown> | undefined;
  const events = await readEvents(router.ports.public, "/event", {
    headers,
    until: ({ data }) => {
      const { type, properties } = data as { type: string; properties: { sessionID?: string } };
      sent ??= router.onSession(session.hash, `/session/${conversation}/prompt_async`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ parts: [{ type: "text", text }] }),
      });
      return type === "session.idle" && properties.sessionID === conversation;
    },
  });
  await sent;
  return events;
}

test("a session from its creation to its deletion", { timeout: 240_000 }, async () => {
  const root = await mkdtemp(join(tmpdir(), "story-"));
  await using model = await startModelServer();
  await makeRepository(root, "example.git", { files: { "README.md": "# Example\n", ".gitignore": "*.secret\n" } });
  await using server = await startGitServer({ root });
  await using router = await startRouter({ modelUrl: model.url });

  // Create, and follow the start as it happens.
  const branch = (await router.api("GET", `/api/sessions/suggest-branch?repoUrl=${server.url("example.git")}`)).json<{
    branch: string;
  }>().branch;
  const wish = { repoUrl: server.url("example.git"), sourceBranch: "main", branch, initialMessage: "Say hello" };
  const created = await router.api("POST", "/api/sessions", { body: wish });
  expect(created.status, created.text).toBe(201);
  const { hash } = created.json<Session>();
  const start = await readEvents(router.ports.public, `/api/sessions/${hash}/events`, {
    headers: { host: router.mainHost() },
  });
  expect(start.at(-1)?.event).toBe("complete");
  expect(start.map(({ event }) => event)).toContain("progress");

  let session = await router.waitFor(hash, "running");
  const folder = join(router.dataDir, "data/sessions", hash);
  const workspace = join(folder, "home/workspace");
  expect(await git(workspace, "branch", "--show-current")).toBe(branch);

  // The link opens the real web UI, and the first message was given without a browser.
  const page = await router.onSession(hash, new URL(session.url ?? "").pathname, { headers: { accept: "text/html" } });
  expect([200, 302, 307]).toContain(page.status);
  await eventually(
    () => messages(router, session),
    (all) =>
      all.some(({ info, parts }) => info.role === "assistant" && parts.some(({ text }) => text?.includes("Hello"))),
  );

  // A prompt through the proxy: text, and a tool that writes a file.
  const events = await prompt(router, session, `WRITE[${join(workspace, "made.txt")}]`);
  const types = new Set(events.map(({ data }) => (data as { type: string }).type));
  expect([...types]).toEqual(expect.arrayContaining(["message.part.delta", "message.part.updated", "session.idle"]));
  const told = await messages(router, session);
  const tools = told.flatMap(({ parts }) => parts).filter(({ type }) => type === "tool");
  expect(tools.map(({ state }) => state?.status)).toEqual(["completed"]);
  const made = await readFile(join(workspace, "made.txt"), "utf8");
  expect(made.length).toBeGreaterThan(0);

  // Stop: the processes go, the files stay.
  await writeFile(join(workspace, "README.md"), "# Changed, not committed\n");
  await writeFile(join(workspace, "key.secret"), "ignored\n");
  expect((await router.api("POST", `/api/sessions/${hash}/stop`)).status).toBe(202);
  await router.waitFor(hash, "stopped");
  expect(await processesWith(folder)).toEqual([]);
  expect((await router.session(hash)).url).toBeNull();

  // Resume: the same conversation, the same files, and no second first message.
  expect((await router.api("POST", `/api/sessions/${hash}/resume`)).status).toBe(202);
  const before = conversationOf(session);
  session = await router.waitFor(hash, "running");
  expect(conversationOf(session)).toBe(before);
  expect((await messages(router, session)).map(({ info }) => info.id)).toEqual(told.map(({ info }) => info.id));
  expect(await readFile(join(workspace, "README.md"), "utf8")).toBe("# Changed, not committed\n");
  expect(await readFile(join(workspace, "key.secret"), "utf8")).toBe("ignored\n");
  expect(await readFile(join(workspace, "made.txt"), "utf8")).toBe(made);

  // A router that is killed: the session goes on, and the next router takes it over.
  const pids = await processesWith(folder);
  await router.end("SIGKILL");
  expect(await processesWith(folder)).toEqual(pids);
  await router.start();
  session = await router.waitFor(hash, "running");
  expect(await processesWith(folder)).toEqual(pids);
  expect(conversationOf(session)).toBe(before);
  expect(session.title).toBeTruthy();
  const [snapshot] = await readEvents(router.ports.public, `/api/sessions/${hash}/progress/stream`, {
    headers: { host: router.mainHost() },
    until: () => true,
  });
  expect(snapshot).toMatchObject({ event: "snapshot", data: { title: session.title } });
  expect((snapshot?.data as { messages: unknown[] }).messages.length).toBeGreaterThan(1);

  // The local terminal, with the command as it is copied.
  const { command } = (await router.api("GET", `/api/sessions/${hash}/attach-info`)).json<{ command: string }>();
  {
    const env = { HOME: root, PATH: `${dirname(opencodeBinary())}:${process.env.PATH}`, TERM: "xterm-256color" };
    await using terminal = await Terminal.open(command, env);
    await terminal.shows("Say hello");
  }

  // Delete: no process, no socket, no folder.
  expect((await router.api("DELETE", `/api/sessions/${hash}`)).status).toBe(204);
  await router.waitFor(hash, "gone");
  expect(await processesWith(folder)).toEqual([]);
  expect(await readdir(join(router.dataDir, "data/sessions"))).toEqual([]);

  const prompts = (await model.requests()).filter((request) => JSON.stringify(request).includes("Say hello"));
  expect(prompts.length).toBeGreaterThan(0);
  await rm(root, { recursive: true, force: true });
  // Nothing of all this may be readable in the log.
  expect(router.output).not.toContain(command.split("--password ")[1]?.split(" ")[0]);
});
