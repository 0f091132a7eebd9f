import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { eventually, open } from "../harness/http.ts";
import { startModelServer } from "../harness/model-server.ts";
import { modelConfig, startRouter } from "../harness/router.ts";

test("what is used or busy goes on, what only listens is stopped", { timeout: 240_000 }, async () => {
  await using model = await startModelServer();
  const folder = await mkdtemp(join(tmpdir(), "idle-"));
  const config = join(folder, "asks.json");
  await writeFile(config, JSON.stringify({ ...modelConfig(model.url), permission: { bash: "ask" } }));
  try {
    await using router = await startRouter({ env: { IDLE_TIMEOUT_MINUTES: "1", SESSION_CONFIG_FILE: config } });
    const create = async (initialMessage?: string) =>
      (await router.api("POST", "/api/sessions", { body: initialMessage ? { initialMessage } : {} })).json<Session>()
        .hash;
    const listening = await create();
    const working = await create("HANG for as long as you like");
    const asking = await create("BASH[echo may I]");
    const kept = await create();
    for (const hash of [listening, working, asking, kept]) await router.waitFor(hash, "running");
    for (const hash of [working, asking])
      await eventually(
        () => router.session(hash),
        ({ busy }) => busy,
      );
    await eventually(
      async () => (await router.onSession(asking, "/permission")).json<unknown[]>(),
      (questions) => questions.length === 1,
    );
    // An open event stream says something all the time, and nobody does anything.
    const stream = await open(router.ports.public, "/event", { headers: { host: router.sessionHost(listening) } });
    stream.resume();
    const session = await router.session(listening);
    expect(Date.parse(session.stopsAt ?? "")).toBeGreaterThan(Date.parse(session.lastActivity));

    await eventually(
      async () => {
        await router.api("POST", `/api/sessions/${kept}/keepalive`);
        return router.session(listening);
      },
      ({ state }) => state === "stopped",
      150_000,
    );
    for (const hash of [working, asking])
      expect(await router.session(hash)).toMatchObject({
        state: "running",
        busy: true,
        keptBy: expect.stringContaining("agent") as string,
      });
    expect((await router.session(kept)).state).toBe("running");
    expect(router.output).toContain('"msg":"session.idle"');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
