import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Problem } from "../../src/contracts/problem.ts";
import type { Session } from "../../src/contracts/session.ts";
import { git, makeRepository } from "../harness/git-repository.ts";
import { startGitServer } from "../harness/git-server.ts";
import { readEvents } from "../harness/http.ts";
import { processesWith } from "../harness/processes.ts";
import { startRouter } from "../harness/router.ts";
import { SmallDisk } from "../harness/small-disk.ts";

test("a full disk is told as what it is, and everything works again once there is space", async () => {
  const root = await mkdtemp(join(tmpdir(), "ocr-full-"));
  await using disk = await SmallDisk.mount(64);
  try {
    const large = randomBytes(4 * 1024 * 1024).toString("base64");
    await makeRepository(root, "small.git");
    await makeRepository(root, "large.git", { files: { "large.txt": large } });
    await using server = await startGitServer({ root });
    await using router = await startRouter({ env: { DATA_DIR: join(disk.path, "data") } });
    const create = (name: string) =>
      router.api("POST", "/api/sessions", {
        body: { repoUrl: server.url(name), branch: "brave-otters", sourceBranch: "main" },
      });
    const resume = (hash: string) => router.api("POST", `/api/sessions/${hash}/resume`);

    // One session with work in it, from before.
    const first = (await create("small.git")).json<Session>();
    const { url } = await router.waitFor(first.hash, "running");
    const workspace = join(disk.path, "data/sessions", first.hash, "home/workspace");
    await writeFile(join(workspace, "README.md"), "# Changed, not committed\n");
    await router.api("POST", `/api/sessions/${first.hash}/stop`);
    await router.waitFor(first.hash, "stopped");

    // Room for a record, not for a clone.
    await disk.fillUp({ leaveKiB: 1500 });
    const second = (await create("large.git")).json<Session>();
    const events = await readEvents(router.ports.public, `/api/sessions/${second.hash}/events`, {
      headers: { host: router.mainHost() },
    });
    expect(events.at(-1)).toMatchObject({ event: "error", data: { code: "disk_full" } });
    const failed = await router.session(second.hash);
    expect(failed).toMatchObject({ state: "failed", reason: "disk_full" });
    expect(failed.message).toMatch(/disk is full\. Free some space/);
    expect(await processesWith(join(disk.path, "data/sessions"))).toEqual([]);

    // No room at all.
    await disk.fillUp({ leaveKiB: 0 });
    const refused = await router.api("POST", "/api/sessions", { body: { initialMessage: "x".repeat(100_000) } });
    expect([refused.status, refused.text]).toEqual([503, expect.stringContaining("disk")]);
    expect(refused.json<Problem>()).toMatchObject({ code: "unavailable" });
    expect((await router.api("GET", "/api/sessions")).json<{ sessions: unknown[] }>().sessions).toHaveLength(2);

    // With space everything goes on, and nothing is lost.
    await disk.makeRoom();
    for (const { hash } of [first, second]) expect((await resume(hash)).status).toBe(202);
    expect((await router.waitFor(first.hash, "running")).url).toBe(url);
    await router.waitFor(second.hash, "running");
    expect(await readFile(join(workspace, "README.md"), "utf8")).toBe("# Changed, not committed\n");
    expect(await git(workspace, "fsck", "--strict")).toBe("");
    const clone = join(disk.path, "data/sessions", second.hash, "home/workspace");
    expect(await readFile(join(clone, "large.txt"), "utf8")).toBe(large);
    expect(await git(clone, "status", "--porcelain")).toBe("");
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
