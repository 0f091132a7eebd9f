import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { conversations, timesAsked } from "../harness/conversations.ts";
import { makeRepository } from "../harness/git-repository.ts";
import { startGitServer } from "../harness/git-server.ts";
import { eventually, readEvents } from "../harness/http.ts";
import { startModelServer } from "../harness/model-server.ts";
import { startRouter } from "../harness/router.ts";

const CALLERS = 50;
const MESSAGE = "Please greet the fifty.";

const fifty = <T>(call: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: CALLERS }, call));

test("fifty callers at once start one session with one conversation", { timeout: 240_000 }, async () => {
  const root = await mkdtemp(join(tmpdir(), "ocr-fifty-"));
  try {
    await makeRepository(root, "example.git");
    await using model = await startModelServer();
    await using server = await startGitServer({ root });
    await using router = await startRouter({ modelUrl: model.url });
    const repository = { repoUrl: server.url("example.git"), branch: "brave-otters", sourceBranch: "main" };
    const body = { ...repository, initialMessage: MESSAGE };

    const created = await fifty(() => router.api("POST", "/api/sessions", { body }));
    const statuses = created.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([...Array.from({ length: CALLERS - 1 }, () => 200), 201]);
    const hashes = new Set(created.map((answer) => answer.json<Session>().hash));
    expect(hashes.size).toBe(1);
    const [hash = ""] = hashes;

    // All kinds of callers that could begin a start or a conversation.
    const headers = { host: router.mainHost() };
    const everybody = () =>
      fifty(async () => {
        const [events, resumed, seen] = await Promise.all([
          readEvents(router.ports.public, `/api/sessions/${hash}/events`, { headers }),
          router.api("POST", `/api/sessions/${hash}/resume`),
          router.api("GET", `/api/sessions/${hash}`),
        ]);
        expect([resumed.status, seen.status]).toEqual([202, 200]);
        return events.at(-1);
      });
    const ends = await everybody();
    const { url } = await router.waitFor(hash, "running");
    expect(new Set(ends.map((end) => JSON.stringify(end)))).toEqual(
      new Set([JSON.stringify({ event: "complete", data: { url } })]),
    );
    await eventually(
      () => timesAsked(model, MESSAGE),
      (times) => times > 0,
    );
    expect((await conversations(router, hash)).map(({ texts }) => texts)).toEqual([[MESSAGE]]);

    // And once more out of the stopped state.
    await router.api("POST", `/api/sessions/${hash}/stop`);
    await router.waitFor(hash, "stopped");
    const resumed = await fifty(() => router.api("POST", `/api/sessions/${hash}/resume`));
    expect(new Set(resumed.map(({ status }) => status))).toEqual(new Set([202]));
    await everybody();
    expect((await router.waitFor(hash, "running")).url).toBe(url);
    expect((await conversations(router, hash)).map(({ texts }) => texts)).toEqual([[MESSAGE]]);
    expect(await timesAsked(model, MESSAGE)).toBe(1);
    // Each line of the log is one start of the runtime.
    expect(router.output.split('"session.start"').length - 1).toBe(2);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
