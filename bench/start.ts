import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeRepository } from "../test/harness/git-repository.ts";
import { startGitServer } from "../test/harness/git-server.ts";
import { startRouter, type TestRouter } from "../test/harness/router.ts";
import { exampleOf, timeBare, type Example } from "./bare.ts";
import { figureLine, isMissed, spreadOf, type Figure } from "./figures.ts";
import { tellLoad } from "./load-average.ts";
import { residentMb } from "./memory.ts";
import { processesOf, stop, timeCreate, timeResume } from "./session.ts";

const ROUNDS = 10;
const KNOWN_SESSIONS = 20;
const MAX_RESUME = 1.3;
const MAX_ROUTER_MB = 150;
const MAX_SESSIOND_MB = 80;

type Times = Record<"bare" | "create" | "resume", number[]>;

async function main(): Promise<number> {
  const root = await mkdtemp(join(tmpdir(), "bench-"));
  try {
    await makeRepository(root, "example.git");
    await using server = await startGitServer({ root });
    const limits = { MAX_SESSIONS_PER_USER: "100", MAX_RUNNING_PER_USER: "100", LOG_LEVEL: "info" };
    await using router = await startRouter({ env: limits });
    tellLoad("before");
    const figures = await measure(router, { repoUrl: server.url("example.git"), scratch: root });
    tellLoad("after");
    for (const figure of figures) process.stdout.write(`${figureLine(figure)}\n`);
    return figures.some(isMissed) ? 1 : 0;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function measure(router: TestRouter, place: { repoUrl: string; scratch: string }): Promise<Figure[]> {
  const { repoUrl, scratch } = place;
  // The first of each kind pays for cold files; it is not counted.
  const first = (await timeCreate(router, repoUrl, "warm-up")).hash;
  const example = await exampleOf(router, first, join(scratch, "example"));
  await timeBare(example);

  const times = await measureStarts(router, { repoUrl, example });
  for (const [name, values] of Object.entries(times)) {
    const { min, median, max } = spreadOf(values);
    process.stdout.write(`${name}: min ${min.toFixed(0)}, median ${median.toFixed(0)}, max ${max.toFixed(0)} ms\n`);
  }

  for (let known = ROUNDS + 1; known < KNOWN_SESSIONS; known++) {
    const { hash } = await timeCreate(router, repoUrl, `known-${known}`);
    await stop(router, hash);
  }
  await timeResume(router, first);
  const { sessiond, opencode } = await processesOf(router, first);
  const [bare, create, resume] = [spreadOf(times.bare), spreadOf(times.create), spreadOf(times.resume)];
  return [
    { name: "create/bare", value: create.median / bare.median },
    { name: "create/bare, fastest of each", value: create.min / bare.min },
    { name: "resume/bare", value: resume.median / bare.median, target: MAX_RESUME },
    { name: "resume/bare, fastest of each", value: resume.min / bare.min },
    {
      name: `router with ${KNOWN_SESSIONS} sessions`,
      value: await residentMb(router.pid),
      unit: " MB",
      target: MAX_ROUTER_MB,
    },
    { name: "sessiond, on top of opencode", value: await residentMb(sessiond), unit: " MB", target: MAX_SESSIOND_MB },
    { name: "opencode in a session", value: await residentMb(opencode), unit: " MB" },
  ];
}

/** Bare, create and resume take turns, so that all three meet the same moods of the machine. */
async function measureStarts(router: TestRouter, from: { repoUrl: string; example: Example }): Promise<Times> {
  const times: Times = { bare: [], create: [], resume: [] };
  for (let round = 1; round <= ROUNDS; round++) {
    times.bare.push(await timeBare(from.example));
    const created = await timeCreate(router, from.repoUrl, `round-${round}`);
    times.create.push(created.ms);
    await stop(router, created.hash);
    times.resume.push(await timeResume(router, created.hash));
    await stop(router, created.hash);
  }
  return times;
}

process.exitCode = await main();
