import { expect, test } from "vitest";
import { SESSION_STATES } from "../../contracts/session.ts";
import { offers } from "./offered-actions.ts";

const offered = (state: (typeof SESSION_STATES)[number], url: string | null) =>
  (["open", "resume", "stop", "delete"] as const).filter((action) => offers(action, { state, url }));

test("offers in each state what changes something", () => {
  expect(Object.fromEntries(SESSION_STATES.map((state) => [state, offered(state, null)]))).toEqual({
    starting: ["stop", "delete"],
    running: ["stop", "delete"],
    stopping: ["delete"],
    stopped: ["resume", "delete"],
    failed: ["resume", "delete"],
    deleting: [],
  });
});

test("opens only what has a link", () => {
  expect(offered("running", "https://x")).toContain("open");
  expect(offered("starting", "https://x")).not.toContain("open");
});
