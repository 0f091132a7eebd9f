import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { git, makeRepository } from "./git-repository.ts";
import { startGitServer } from "./git-server.ts";
import { startModelServer } from "./model-server.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "git-root-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test("the git server serves clones and takes pushes", async () => {
  await makeRepository(root, "example.git", { branches: ["main", "feature/one"] });
  await using server = await startGitServer({ root });
  await git(root, "clone", "--quiet", server.url("example.git"), "clone");
  expect(await git(join(root, "clone"), "branch", "--remotes")).toContain("origin/feature/one");
  await git(join(root, "clone"), "push", "--quiet", "origin", "main:pushed");
  expect(await git(join(root, "example.git"), "branch")).toContain("pushed");
});

const ask = (url: string, content: string, stream: boolean) =>
  fetch(`${url}/chat/completions`, {
    method: "POST",
    body: JSON.stringify({
      model: "test",
      stream,
      messages: [{ role: "user", content }],
      tools: [{ type: "function", function: { name: "write" } }],
    }),
  });

test("the model server streams a tool call with usage in its last chunk, and remembers the request", async () => {
  await using model = await startModelServer();
  const body = await (await ask(model.url, "please WRITE[a.txt]", true)).text();
  const chunks = body.split("\n\n").filter((line) => line.startsWith("data: {"));
  expect(body).toContain('"name":"write"');
  expect(chunks.at(-1)).toContain('"prompt_tokens"');
  expect(body.trimEnd()).toMatch(/data: \[DONE\]$/);
  expect(await model.requests()).toMatchObject([{ user: "please WRITE[a.txt]", tools: ["write"] }]);
});

test("the model server fails on demand, and answers without streaming", async () => {
  await using model = await startModelServer();
  expect((await ask(model.url, "FAIL429", true)).status).toBe(429);
  const whole = (await (await ask(model.url, "hello", false)).json()) as {
    choices: { message: { content: string } }[];
  };
  expect(whole.choices[0]?.message.content).toMatch(/^Hello!/);
});
