import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import type { Session } from "../src/contracts/session.ts";
import { open } from "../test/harness/http.ts";
import { startRouter, type TestRouter } from "../test/harness/router.ts";
import { exampleOf, timeBare } from "./bare.ts";
import { figureLine, quantile, type Figure } from "./figures.ts";
import { tellLoad } from "./load-average.ts";
import { stop } from "./session.ts";

/** `wake.ts [--rounds 30]` */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: "string", default: "30" } } });
  const scratch = await mkdtemp(join(tmpdir(), "bench-wake-"));
  try {
    await using router = await startRouter({ env: { LOG_LEVEL: "info", WAKE_HOLD_SECONDS: "60" } });
    tellLoad("before");
    const figures = figuresOf(await measure(router, scratch, Number(values.rounds)));
    tellLoad("after");
    for (const figure of figures) process.stdout.write(`${figureLine(figure)}\n`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Milliseconds, round by round. */
type Times = Record<"bare" | "wake", number[]>;

/** Bare starts and wakes take turns, so that both meet the same moods of the machine. */
async function measure(router: TestRouter, scratch: string, rounds: number): Promise<Times> {
  const { hash } = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>();
  await router.waitFor(hash, "running");
  const example = await exampleOf(router, hash, join(scratch, "example"));
  // The first of each kind pays for cold files; it is not counted.
  await timeBare(example);
  await timeWake(router, hash);
  const times: Times = { bare: [], wake: [] };
  for (let round = 1; round <= rounds; round++) {
    times.bare.push(await timeBare(example));
    times.wake.push(await timeWake(router, hash));
  }
  return times;
}

/** From a request to a stopped session to the first byte of its answer's body. Leaves the session stopped. */
async function timeWake(router: TestRouter, hash: string): Promise<number> {
  const begin = performance.now();
  // What bare opencode is asked, too: neither has to open the workspace for it.
  const answer = await open(router.ports.public, "/global/health", { headers: { host: router.sessionHost(hash) } });
  await once(answer, "data");
  const ms = performance.now() - begin;
  if (answer.statusCode !== 200) throw new Error(`waking answered ${answer.statusCode}`);
  await stop(router, hash);
  return ms;
}

function figuresOf({ bare, wake }: Times): Figure[] {
  const shares = [
    { name: "p50", share: 0.5 },
    { name: "p95", share: 0.95 },
  ];
  return [
    ...shares.map(({ name, share }) => ({ name: `bare ${name}`, value: quantile(bare, share), unit: " ms" })),
    ...shares.map(({ name, share }) => ({ name: `wake ${name}`, value: quantile(wake, share), unit: " ms" })),
    ...shares.map(({ name, share }) => ({
      name: `wake/bare ${name}`,
      value: quantile(wake, share) / quantile(bare, share),
    })),
  ];
}

await main();
