import { expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { eventually } from "../harness/http.ts";
import { startModelServer } from "../harness/model-server.ts";
import { startRouter } from "../harness/router.ts";

test("a session that nobody uses is stopped; one whose agent works is not", { timeout: 240_000 }, async () => {
  await using model = await startModelServer();
  await using router = await startRouter({ modelUrl: model.url, env: { IDLE_TIMEOUT_MINUTES: "1" } });
  const create = async (initialMessage?: string) =>
    (await router.api("POST", "/api/sessions", { body: initialMessage ? { initialMessage } : {} })).json<Session>()
      .hash;
  const [idle, busy] = [await create(), await create("HANG for as long as you like")];
  const session = await router.waitFor(idle, "running");
  expect(Date.parse(session.stopsAt ?? "")).toBeGreaterThan(Date.parse(session.lastActivity));
  await router.waitFor(busy, "running");
  await eventually(
    () => router.session(busy),
    (seen) => seen.busy,
  );

  await eventually(
    () => router.session(idle),
    ({ state }) => state === "stopped",
    150_000,
  );
  const working = await router.session(busy);
  expect([working.state, working.busy, working.keptBy]).toEqual(["running", true, "The agent is working."]);
  expect(router.output).toContain('"msg":"session.idle"');
});
