import { rename } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { makeRepository } from "../harness/git-repository.ts";
import { startGitServer } from "../harness/git-server.ts";
import { FaultRoom } from "./fault-room.ts";
import { SESSION_IMAGE } from "./harness/minimal-node.ts";

let room: FaultRoom;
beforeAll(async () => {
  room = await FaultRoom.open();
});
afterEach(async () => {
  room.node.failImages(false);
  await room.clear();
});
afterAll(() => room?.[Symbol.asyncDispose]());

const evict = (hash: string): Promise<void> => room.node.evict(room.pod(hash));
const outOfMemory = (hash: string): Promise<void> => room.node.outOfMemory(room.pod(hash), "sessiond");

test.each([
  ["evicted by its node", evict],
  ["ended because it took too much memory", outOfMemory],
])("a session whose pod is %s runs again in a new one, with its files and conversations", async (_, end) => {
  const hash = await room.running();
  const conversation = await room.converse(hash);
  expect(await room.sh(hash, "echo mine > ~/kept")).toBe(0);
  const uid = await room.podUid(hash);
  await end(hash);
  await room.runsElsewhere(hash, uid);
  expect((await room.router.onSession(hash, "/session")).text).toContain(conversation);
  expect(await room.sh(hash, 'test "$(cat ~/kept)" = mine')).toBe(0);
  // It ran, so what happened before counts no more.
  await eventually(async () => {
    const failedStarts = await room.kubectl("get", "session", hash, "--output=jsonpath={.status.failedStarts}");
    expect(Number(failedStarts)).toBe(0);
  });
  await room.kubectlTells(hash, "running");
});

/** Ends each pod of a session before it is ready, until none comes any more. @returns how many there were */
async function endEachStart(hash: string, end: (hash: string) => Promise<void>): Promise<number> {
  const seen = new Set<string>();
  await eventually(async () => {
    const uid = await room.podUid(hash);
    if (uid !== undefined && !seen.has(uid)) {
      await end(hash);
      seen.add(uid);
    }
    expect(await room.router.session(hash)).toMatchObject({ state: "failed" });
  }, 120_000);
  return seen.size;
}

test.each([
  [
    "evicted",
    evict,
    "The machine that the session ran on has ended it: The node was low on resource: ephemeral-storage. Start the session again.",
  ],
  [
    "out of memory",
    outOfMemory,
    "The session used more memory than it may (2Gi) and was ended. Start the session again; if that happens often, ask the operator for more memory.",
  ],
])("a session that is %s at each start is given up and says why, until somebody starts it", async (_, end, message) => {
  const hash = await room.create();
  expect(await endEachStart(hash, end)).toBe(5);
  expect(await room.router.session(hash)).toMatchObject({ state: "failed", reason: "sessiond_crashed", message });
  await room.kubectlTells(hash, "failed", "sessiond_crashed");
  expect(await room.kubectl("get", "session", hash, "--output=jsonpath={.status.failure.message}")).toBe(message);
  // The files stay, nothing runs.
  const left = await room.kubectl("get", "pods,pvc", "--output=name");
  expect(left.trim()).toBe(`persistentvolumeclaim/home-${hash}`);
  await room.resume(hash);
  await room.router.waitFor(hash, "running");
});

/** A session of a repository, whose image cannot be loaded yet: its clone has not begun. */
async function beforeClone(repoUrl: string): Promise<string> {
  room.node.failImages(true);
  const hash = await room.create({ repoUrl, branch: "work", sourceBranch: "main" });
  await room.router.waitFor(hash, "failed");
  return hash;
}

test("an image that cannot be loaded and a repository that is gone are told each by its name, and mended by a start", async () => {
  const root = await room.plane.keeper.folder("git-");
  const repository = await makeRepository(root, "example.git", { files: { "here.txt": "here\n" } });
  await using git = await startGitServer({ root });
  const hash = await beforeClone(git.url("example.git"));

  const noImage = await room.router.session(hash);
  expect(noImage).toMatchObject({ state: "failed", reason: "image_pull" });
  expect(noImage.message).toBe(
    `The session's image cannot be loaded: ${SESSION_IMAGE}: not found. Ask the operator to check the image's name and the credentials for its registry.`,
  );
  await room.kubectlTells(hash, "failed", "image_pull");
  expect(await room.podUid(hash)).toBeUndefined();

  room.node.failImages(false);
  await rename(repository, join(root, "away.git"));
  await room.resume(hash);
  const noClone = await failedFor(hash, "clone_failed");
  expect(noClone).toMatch(
    /^The repository could not be cloned: .*example\.git.*not found.* Check the repository's address/,
  );
  await room.kubectlTells(hash, "failed", "clone_failed");

  await rename(join(root, "away.git"), repository);
  await room.resume(hash);
  await room.router.waitFor(hash, "running");
  expect(await room.sh(hash, 'test "$(cat $WORKSPACE/here.txt)" = here')).toBe(0);
});

test("a git host that refuses connections fails the clone with git's own words", async () => {
  const root = await room.plane.keeper.folder("git-");
  await makeRepository(root, "example.git");
  const git = await startGitServer({ root });
  let hash: string;
  try {
    hash = await beforeClone(git.url("example.git"));
  } finally {
    await git[Symbol.asyncDispose]();
  }
  room.node.failImages(false);
  await room.resume(hash);
  const message = await failedFor(hash, "clone_failed");
  expect(message).toContain(`127.0.0.1:${git.port}`);
  expect(message).toContain("Check the address and that the host can be reached, then start the session again.");
  await room.kubectlTells(hash, "failed", "clone_failed");
});

/** @returns the sentence that goes with it */
async function failedFor(hash: string, reason: string): Promise<string> {
  const { message } = await eventually(async () => {
    const session = await room.router.session(hash);
    expect(session).toMatchObject({ state: "failed", reason });
    return session;
  });
  return message ?? "";
}
