import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { conversations, promptByHand, timesAsked } from "../harness/conversations.ts";
import { breakRepository, makeRepository } from "../harness/git-repository.ts";
import { startGitServer, type GitServer } from "../harness/git-server.ts";
import { eventually } from "../harness/http.ts";
import { startModelServer, type ModelServer } from "../harness/model-server.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";

let root: string;
let model: ModelServer;
let server: GitServer;
let router: TestRouter;
let serial = 0;
/** Another branch, and so another session, for each test. */
let repository: { repoUrl: string; branch: string; sourceBranch: string };
let message: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "ocr-conversation-"));
  model = await startModelServer();
  await makeRepository(root, "example.git");
  server = await startGitServer({ root });
  router = await startRouter({ modelUrl: model.url });
});

afterAll(async () => {
  await router?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await model?.[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

beforeEach(async () => {
  serial++;
  repository = { repoUrl: server.url("example.git"), branch: `case-${serial}`, sourceBranch: "main" };
  message = `Please greet team number ${serial}.`;
  // Nothing of the tests before takes places or processors.
  for (const { hash } of (await router.api("GET", "/api/sessions")).json<{ sessions: Session[] }>().sessions) {
    await router.api("DELETE", `/api/sessions/${hash}`);
    await router.waitFor(hash, "gone");
  }
});

async function create(body: object, status = 201): Promise<Session> {
  const answer = await router.api("POST", "/api/sessions", { body: { ...repository, ...body } });
  expect([answer.status, answer.text]).toEqual([status, answer.text]);
  return router.waitFor(answer.json<Session>().hash, "running");
}

async function stopAndResume(hash: string): Promise<Session> {
  await router.api("POST", `/api/sessions/${hash}/stop`);
  await router.waitFor(hash, "stopped");
  await router.api("POST", `/api/sessions/${hash}/resume`);
  return router.waitFor(hash, "running");
}

const linked = (session: Session): string => session.url?.split("/").at(-1) ?? "";

/** Waits until the message has been given and the agent has asked the model about it. */
const given = (): Promise<number> =>
  eventually(
    () => timesAsked(model, message),
    (times) => times > 0,
  );

/** The conversations with the person's texts in them; the link must open the last that was used. */
async function expectConversations(session: Session, expected: string[][]): Promise<void> {
  const found = await conversations(router, session.hash);
  expect(found.map(({ texts }) => texts).toSorted()).toEqual(expected.toSorted());
  expect(found.map(({ id }) => id)).toContain(linked(session));
}

test("create without a message: an empty conversation that can be opened", async () => {
  const session = await create({});
  await expectConversations(session, [[]]);
  const resumed = await stopAndResume(session.hash);
  expect(resumed.url).toBe(session.url);
  await expectConversations(resumed, [[]]);
});

test("create with a message: one conversation that was given it, and not again on resume", async () => {
  const session = await create({ initialMessage: message });
  await given();
  await expectConversations(session, [[message]]);
  const resumed = await stopAndResume(session.hash);
  expect(resumed.url).toBe(session.url);
  await expectConversations(resumed, [[message]]);
  expect(await timesAsked(model, message)).toBe(1);
});

test("create again with a message: the existing conversation wins", async () => {
  const session = await create({});
  await promptByHand(router, { hash: session.hash, id: linked(session), text: "By hand" });
  const again = await create({ initialMessage: message }, 200);
  expect(again.url).toBe(session.url);
  await router.api("POST", `/api/sessions/${session.hash}/stop`);
  await router.waitFor(session.hash, "stopped");
  const woken = await create({ initialMessage: message }, 200);
  expect(woken.url).toBe(session.url);
  await expectConversations(woken, [["By hand"]]);
  expect(await timesAsked(model, message)).toBe(0);
});

test("create again without a message: the existing conversation stays", async () => {
  const session = await create({ initialMessage: message });
  await given();
  const again = await create({}, 200);
  expect(again.url).toBe(session.url);
  await expectConversations(again, [[message]]);
  expect(await timesAsked(model, message)).toBe(1);
});

test("resume with a newer conversation: the link opens it, and the message is not given again", async () => {
  const session = await create({ initialMessage: message });
  await given();
  const made = await router.onSession(session.hash, "/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const { id } = made.json<{ id: string }>();
  await promptByHand(router, { hash: session.hash, id, text: "By hand" });
  const resumed = await stopAndResume(session.hash);
  expect(linked(resumed)).toBe(id);
  await expectConversations(resumed, [[message], ["By hand"]]);
  expect(await timesAsked(model, message)).toBe(1);
});

test.each([true, false])(
  "resume after the person deleted the conversation, with a message: %s",
  async (withMessage) => {
    const session = await create(withMessage ? { initialMessage: message } : {});
    if (withMessage) await given();
    const before = linked(session);
    expect((await router.onSession(session.hash, `/session/${before}`, { method: "DELETE" })).status).toBe(200);
    const resumed = await stopAndResume(session.hash);
    await expectConversations(resumed, [[]]);
    expect(linked(resumed)).not.toBe(before);
    expect(await timesAsked(model, message)).toBe(withMessage ? 1 : 0);
  },
);

test("resume after a start that failed before there was a conversation: the message is given once", async () => {
  const repair = await breakRepository(await makeRepository(root, "late.git"));
  const body = { ...repository, repoUrl: server.url("late.git"), initialMessage: message };
  const { hash } = (await router.api("POST", "/api/sessions", { body })).json<Session>();
  await router.waitFor(hash, "failed");
  await repair();
  await router.api("POST", `/api/sessions/${hash}/resume`);
  const session = await router.waitFor(hash, "running");
  await given();
  await expectConversations(session, [[message]]);
  expect(await timesAsked(model, message)).toBe(1);
});

test("kill -9 of opencode: the next one goes on with the conversation, and is not given the message", async () => {
  const session = await create({ initialMessage: message });
  await given();
  const { pid } = await agent(session.hash);
  process.kill(pid, "SIGKILL");
  await eventually(
    () => agent(session.hash),
    (now) => now.state === "running" && now.pid !== pid,
  );
  const again = await router.waitFor(session.hash, "running");
  expect(again.url).toBe(session.url);
  await expectConversations(again, [[message]]);
  expect(await timesAsked(model, message)).toBe(1);
});

async function agent(hash: string): Promise<{ state: string; pid: number }> {
  const status = await router.api("GET", `/api/sessions/${hash}/status`);
  return status.json<{ opencode: { state: string; pid: number } }>().opencode;
}
