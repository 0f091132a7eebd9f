import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { Session } from "../src/contracts/session.ts";
import type { SessiondStatus } from "../src/contracts/status.ts";
import { processInfo } from "../src/lib/processes.ts";
import { readEvents } from "../test/harness/http.ts";
import type { TestRouter } from "../test/harness/router.ts";

export const sessionHome = (router: TestRouter, hash: string): string =>
  join(router.dataDir, "data/sessions", hash, "home");

/** From the request that creates a session to the moment in which its conversation can be opened. */
export async function timeCreate(router: TestRouter, repoUrl: string, branch: string) {
  const begin = performance.now();
  const answer = await router.api("POST", "/api/sessions", { body: { repoUrl, branch, sourceBranch: "main" } });
  if (answer.status !== 201) throw new Error(`create answered ${answer.status}: ${answer.text}`);
  const { hash } = answer.json<Session>();
  await untilComplete(router, hash);
  return { hash, ms: performance.now() - begin };
}

/** From the request that resumes a stopped session to the moment in which its conversation can be opened. */
export async function timeResume(router: TestRouter, hash: string): Promise<number> {
  const begin = performance.now();
  const answer = await router.api("POST", `/api/sessions/${hash}/resume`);
  if (answer.status !== 202) throw new Error(`resume answered ${answer.status}: ${answer.text}`);
  await untilComplete(router, hash);
  return performance.now() - begin;
}

export async function stop(router: TestRouter, hash: string): Promise<void> {
  await router.api("POST", `/api/sessions/${hash}/stop`);
  await router.waitFor(hash, "stopped");
}

async function untilComplete(router: TestRouter, hash: string): Promise<void> {
  const events = await readEvents(router.ports.public, `/api/sessions/${hash}/events`, {
    headers: { host: router.mainHost() },
    until: ({ event }) => event === "complete" || event === "error",
  });
  if (events.at(-1)?.event !== "complete") throw new Error(`no start: ${JSON.stringify(events.at(-1))}`);
}

/** The processes of a running session. */
export async function processesOf(router: TestRouter, hash: string): Promise<{ sessiond: number; opencode: number }> {
  const { opencode } = (await router.api("GET", `/api/sessions/${hash}/status`)).json<SessiondStatus>();
  const sessiond = processInfo(opencode.pid ?? 0)?.parent;
  if (opencode.pid === null || sessiond === undefined) throw new Error(`session ${hash} does not run`);
  return { sessiond, opencode: opencode.pid };
}
