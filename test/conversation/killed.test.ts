import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Session, StartStage } from "../../src/contracts/session.ts";
import { conversations, timesAsked } from "../harness/conversations.ts";
import { gatedOpencode } from "../harness/gated-opencode.ts";
import { git, makeRepository } from "../harness/git-repository.ts";
import { startGitServer } from "../harness/git-server.ts";
import { eventually } from "../harness/http.ts";
import { startModelServer, type ModelServer } from "../harness/model-server.ts";
import type { Gate } from "../harness/opencode-gate.ts";
import { processesWith } from "../harness/processes.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";

const MESSAGE = "Please greet whoever is left.";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "ocr-killed-"));
});

afterEach(() => rm(root, { recursive: true, force: true }));

const folderOf = (router: TestRouter, hash: string): string => join(router.dataDir, "data/sessions", hash);

/** The session runs, and its one conversation was given the message once. */
async function expectGivenOnce(router: TestRouter, model: ModelServer, hash: string): Promise<void> {
  // Only when sessiond says that it has nothing more to give can a second time be excluded.
  const marker = join(folderOf(router, hash), "home/.local/state/opencode-router/initial-message.json");
  await eventually(
    () => readFile(marker, "utf8").catch(() => ""),
    (text) => text.includes('"done"'),
  );
  await eventually(
    () => timesAsked(model, MESSAGE),
    (times) => times > 0,
  );
  const { url } = await router.waitFor(hash, "running");
  const [only, ...others] = await conversations(router, hash);
  expect(others).toEqual([]);
  expect(only?.texts).toEqual([MESSAGE]);
  expect(url?.endsWith(`/session/${only?.id}`)).toBe(true);
  // Not with the next start either.
  await router.api("POST", `/api/sessions/${hash}/stop`);
  await router.waitFor(hash, "stopped");
  await router.api("POST", `/api/sessions/${hash}/resume`);
  expect((await router.waitFor(hash, "running")).url).toBe(url);
  expect((await conversations(router, hash)).map(({ texts }) => texts)).toEqual([[MESSAGE]]);
  expect(await timesAsked(model, MESSAGE)).toBe(1);
}

test.each<Gate & { answered?: true }>([
  { path: "/session", mode: "after" },
  { path: "/prompt_async", mode: "before" },
  { path: "/prompt_async", mode: "after" },
  { path: "/prompt_async", mode: "after", answered: true },
])("kill -9 of sessiond $mode POST $path: the router starts it again", async ({ answered, ...gate }) => {
  await using model = await startModelServer();
  const opencode = await gatedOpencode(root, gate);
  await using router = await startRouter({ modelUrl: model.url, env: { OPENCODE_BIN: opencode.bin } });
  const body = { initialMessage: MESSAGE };
  const { hash } = (await router.api("POST", "/api/sessions", { body })).json<Session>();
  await opencode.reached();
  // sessiond does not know yet that the message arrived, but the agent has answered it.
  if (answered)
    await eventually(
      () => conversations(router, hash),
      ([only]) => only?.answers === 1,
    );
  const killed = await sessiondOf(router, hash);
  process.kill(killed ?? 0, "SIGKILL");
  await eventually(
    () => sessiondOf(router, hash),
    (pid) => pid !== undefined && pid !== killed,
  );
  await expectGivenOnce(router, model, hash);
});

async function sessiondOf(router: TestRouter, hash: string): Promise<number | undefined> {
  const text = await readFile(join(folderOf(router, hash), "run.json"), "utf8").catch(() => "{}");
  return (JSON.parse(text) as { pid?: number }).pid;
}

test.each<StartStage>(["cloning", "booting"])("kill -9 of the router while a session is %s", async (stage) => {
  await makeRepository(root, "example.git");
  await using model = await startModelServer();
  // Slow enough that the clone can be met.
  await using server = await startGitServer({ root, delayMs: stage === "cloning" ? 1_000 : 0 });
  await using router = await startRouter({ modelUrl: model.url });
  const body = {
    repoUrl: server.url("example.git"),
    branch: "brave-otters",
    sourceBranch: "main",
    initialMessage: MESSAGE,
  };
  const { hash } = (await router.api("POST", "/api/sessions", { body })).json<Session>();
  await eventually(
    () => router.session(hash),
    ({ progress }) => progress === stage,
  );
  await router.end("SIGKILL");
  await router.start();
  await expectGivenOnce(router, model, hash);
  const folder = folderOf(router, hash);
  expect(await git(join(folder, "home/workspace"), "status", "--porcelain")).toBe("");
  // One sessiond and one opencode: nothing of the first start is left.
  const programs = await Promise.all(
    (await processesWith(folder)).map(async (pid) => (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0")),
  );
  expect(programs.filter((line) => line.some((word) => word.endsWith("sessiond/main.js")))).toHaveLength(1);
  expect(programs.filter(([program]) => program?.endsWith("opencode"))).toHaveLength(1);
});
