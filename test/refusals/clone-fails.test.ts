import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { breakRepository, git, makeRepository } from "../harness/git-repository.ts";
import { startGitServer } from "../harness/git-server.ts";
import { readEvents } from "../harness/http.ts";
import { processesWith } from "../harness/processes.ts";
import { startRouter } from "../harness/router.ts";

test("a clone that fails after the check is told, and works once the repository is repaired", async () => {
  const root = await mkdtemp(join(tmpdir(), "ocr-clone-"));
  try {
    const bare = await makeRepository(root, "example.git");
    const repair = await breakRepository(bare);
    await using server = await startGitServer({ root });
    await using router = await startRouter();
    const events = (hash: string) =>
      readEvents(router.ports.public, `/api/sessions/${hash}/events`, { headers: { host: router.mainHost() } });

    const body = { repoUrl: server.url("example.git"), branch: "brave-otters", sourceBranch: "main" };
    const created = await router.api("POST", "/api/sessions", { body });
    expect(created.status, created.text).toBe(201);
    const { hash } = created.json<Session>();
    const told = await events(hash);
    expect(told.at(-1)).toMatchObject({ event: "error", data: { code: "clone_failed" } });
    const failed = await router.session(hash);
    expect(failed).toMatchObject({ state: "failed", reason: "clone_failed", url: null });
    expect(failed.message).toMatch(/^The repository could not be cloned: .+\. .+\.$/);
    expect(told.at(-1)?.data).toMatchObject({ message: failed.message });
    expect(await processesWith(join(router.dataDir, "data/sessions"))).toEqual([]);

    await repair();
    expect((await router.api("POST", `/api/sessions/${hash}/resume`)).status).toBe(202);
    expect((await events(hash)).at(-1)?.event).toBe("complete");
    const running = await router.waitFor(hash, "running");
    expect(running.reason).toBeUndefined();
    expect(running.message).toBeUndefined();
    const workspace = join(router.dataDir, "data/sessions", hash, "home/workspace");
    expect(await git(workspace, "branch", "--show-current")).toBe("brave-otters");
    expect(await git(workspace, "status", "--porcelain")).toBe("");
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
