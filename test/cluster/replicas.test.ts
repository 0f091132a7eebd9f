import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { eventually } from "../harness/eventually.ts";
import type { Answer } from "../harness/http.ts";
import { startPostgres, type Postgres } from "../harness/postgres.ts";
import type { TestRouter } from "../harness/router.ts";
import { grantRouter, startClusterRouter } from "./cluster-router.ts";
import { startFakeCluster, type FakeCluster } from "./harness/fake-cluster.ts";
import { inventory, misfits } from "./harness/inventory.ts";

const SESSIONS = 100;
const PEOPLE = 10;
const ROUNDS = 4;
const SETTLED_MS = 120_000;

let cluster: FakeCluster;
let postgres: Postgres;
let namespace: string;
const routers: TestRouter[] = [];

beforeAll(async () => {
  cluster = await startFakeCluster();
  postgres = await startPostgres();
  const { plane } = cluster;
  namespace = await plane.namespace("replicas");
  await grantRouter(plane, namespace);
  const env = {
    DATABASE_URL: await postgres.createDatabase(),
    SESSION_ID_SECRET: "session-id-secret-of-the-tests",
    TOKEN_SECRET: "token-secret-of-the-tests",
    MAX_RUNNING_PER_USER: "20",
    MAX_CONCURRENT_STARTS: "200",
  };
  for (let count = 0; count < 2; count += 1) routers.push(await startClusterRouter({ plane, namespace, env }));
});
afterAll(async () => {
  for (const router of routers) await router[Symbol.asyncDispose]();
  await postgres?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

/** One of the 100, as the person who asks for it knows it. */
interface Wanted {
  readonly as: string;
  readonly branch: string;
  hash: string;
  desired: "running" | "stopped";
}

const all: Wanted[] = Array.from({ length: SESSIONS }, (_, index) => ({
  as: `person-${index % PEOPLE}@example.org`,
  branch: `work-${index}`,
  hash: "",
  desired: "running",
}));

/** One of the routers, or both at once. */
function someRouters(): TestRouter[] {
  const chosen = routers[randomInt(3)];
  return chosen === undefined ? routers : [chosen];
}

/** Asks some of the routers at the same moment. @returns what each answered; none of it is a refusal */
async function ask(
  wanted: Wanted,
  { method, path, body }: { method: string; path: string; body?: unknown },
): Promise<Answer[]> {
  const asked = someRouters().map((router) =>
    router.api(method, path, { as: wanted.as, ...(body === undefined ? {} : { body }) }),
  );
  const answers = await Promise.all(asked);
  for (const { status, text } of answers) expect(status, text).toBeLessThan(300);
  return answers;
}

async function create(wanted: Wanted): Promise<void> {
  const body = { repoUrl: cluster.remote.url, branch: wanted.branch, sourceBranch: "main" };
  const answers = await ask(wanted, { method: "POST", path: "/api/sessions", body });
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  const hashes = new Set(answers.map((answer) => answer.json<Session>().hash));
  expect(hashes.size).toBe(1);
  wanted.hash = [...hashes][0] ?? "";
}

async function wish(wanted: Wanted): Promise<void> {
  wanted.desired = randomInt(2) === 0 ? "running" : "stopped";
  const deed = wanted.desired === "running" ? "resume" : "stop";
  await ask(wanted, { method: "POST", path: `/api/sessions/${wanted.hash}/${deed}` });
}

/** Everything is as was wished last, in the cluster and as both routers tell it. */
async function expectAllSettled(): Promise<void> {
  const { api } = cluster.plane;
  const wished = Object.fromEntries(all.map(({ hash, desired }) => [hash, desired]));
  await eventually(async () => {
    const there = await inventory(api, namespace);
    expect(Object.fromEntries(there.sessions.map(({ metadata, spec }) => [metadata?.name, spec?.desired]))).toEqual(
      wished,
    );
    expect(misfits(there)).toEqual([]);
    for (const router of routers) expect(await statesBy(router)).toEqual(wished);
  }, SETTLED_MS);
}

async function statesBy(router: TestRouter): Promise<Record<string, string>> {
  const states: Record<string, string> = {};
  for (const as of new Set(all.map((wanted) => wanted.as))) {
    const { sessions } = (await router.api("GET", "/api/sessions", { as })).json<{ sessions: Session[] }>();
    for (const { hash, state } of sessions) states[hash] = state;
  }
  return states;
}

test(`two routers create, stop and wake the same ${SESSIONS} sessions at once: none twice, none left over, no wish lost`, async () => {
  await Promise.all(all.map(create));
  await expectAllSettled();
  // Each person waits for an answer before the next wish, and for nothing else.
  await Promise.all(
    all.map(async (wanted) => {
      for (let round = 0; round < ROUNDS; round += 1) await wish(wanted);
    }),
  );
  await expectAllSettled();
}, 300_000);

test("two routers delete them all, in turns: nothing is left", async () => {
  const answers = all.map(({ as, hash }, index) => routers[index % 2]?.api("DELETE", `/api/sessions/${hash}`, { as }));
  for (const answer of await Promise.all(answers)) expect(answer?.status).toBe(204);
  await eventually(async () => {
    expect(await inventory(cluster.plane.api, namespace)).toEqual({ sessions: [], pods: [], secrets: [], claims: [] });
    for (const router of routers) expect(await statesBy(router)).toEqual({});
  }, SETTLED_MS);
}, 300_000);
