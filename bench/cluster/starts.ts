import { setTimeout as delay } from "node:timers/promises";
import type { Session } from "../../src/contracts/session.ts";
import type { Problem } from "../../src/contracts/problem.ts";
import { eventually, type Answer } from "../../test/harness/http.ts";
import { quantile, type Figure } from "../figures.ts";
import { tellCalls } from "./api-calls.ts";
import { inTime } from "./in-time.ts";
import { TITLE } from "./fake-sessiond.ts";
import type { Scene } from "./scene.ts";

const MAX_CALLS = 12;
const MESSAGE = "Please have a look at the tests of the payment service. ".repeat(10);
/** Who is refused comes again after up to this time, which is sooner than asked for. */
const AGAIN_MS = 4_000;
const BURST_LIMIT_MS = 900_000;

/** Sessions are created one at a time, with a first message: what one start asks of the API server. */
export async function measureStarts(scene: Scene, count: number): Promise<Figure[]> {
  const { calls, members } = scene;
  const each: number[] = [];
  for (const { email } of members.slice(0, count)) {
    const before = await calls.atRest();
    const answer = await create(scene, email);
    if (answer.status !== 201) throw new Error(`create answered ${answer.status}: ${answer.text}`);
    await untilTold(scene, email, answer.json<Session>().hash);
    await calls.atRest();
    const made = await calls.after(before);
    if (each.length === 0) process.stdout.write(`calls to the API during a start: ${tellCalls(made)}\n`);
    each.push(made.length);
  }
  return [
    { name: "API calls/session start p50", value: quantile(each, 0.5) },
    { name: "API calls/session start max", value: Math.max(...each), target: MAX_CALLS },
  ];
}

const create = ({ router }: Scene, as: string): Promise<Answer> =>
  router.api("POST", "/api/sessions", { as, body: { initialMessage: MESSAGE } });

/** A session that runs and whose conversation has a title has told everything that there is to write down. */
async function untilTold({ router }: Scene, email: string, hash: string): Promise<void> {
  await eventually(
    () => router.session(hash, email),
    ({ state, title }) => state === "running" && title === TITLE,
  );
}

/** Many creates at once. Who is refused comes again until the session is there. */
export async function measureBurst(scene: Scene, count: number): Promise<Figure[]> {
  const { calls, members, router } = scene;
  const before = await calls.atRest();
  const begin = performance.now();
  const first: Answer[] = [];
  const created = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const email = members[index % members.length]?.email ?? "";
      for (let tries = 1; ; tries++) {
        const answer = await create(scene, email);
        if (tries === 1) first.push(answer);
        if (answer.status === 201) return { email, hash: answer.json<Session>().hash };
        if (!isClearRefusal(answer) || performance.now() - begin > BURST_LIMIT_MS) return undefined;
        await delay(AGAIN_MS * (0.25 + 0.75 * Math.random()));
      }
    }),
  );
  const sessions = created.flatMap((one) => one ?? []);
  const running = await Promise.all(
    sessions.map(({ email, hash }) => inTime(untilRunning(router, email, hash), BURST_LIMIT_MS)),
  );
  const seconds = (performance.now() - begin) / 1_000;
  await calls.atRest();
  const made = await calls.after(before);
  process.stdout.write(`calls to the API during the burst: ${tellCalls(made)}\n`);
  const refused = first.filter(isClearRefusal);
  process.stdout.write(`a refusal: ${refused[0]?.json<Problem>().detail ?? "none"}\n`);
  return [
    { name: "burst, creates at once", value: count, unit: " creates" },
    { name: "burst, accepted at once", value: first.filter(({ status }) => status === 201).length, unit: " creates" },
    { name: "burst, refused clearly at first", value: refused.length, unit: " creates" },
    {
      name: "burst, neither running nor refused clearly",
      value: count - running.filter((is) => is).length,
      unit: " creates",
      target: 0,
    },
    { name: "burst, until all run", value: seconds, unit: " s" },
    { name: "API calls/session start in the burst", value: made.length / sessions.length, target: MAX_CALLS },
  ];
}

/** It names the limit, or says that the cluster does not answer, and when to come again. */
const isClearRefusal = (answer: Answer): boolean =>
  [429, 503].includes(answer.status) &&
  answer.headers["retry-after"] !== undefined &&
  (answer.json<Problem>().detail ?? "").length > 0;

async function untilRunning(router: Scene["router"], email: string, hash: string): Promise<boolean> {
  for (; ; await delay(1_000 * (0.5 + Math.random()))) {
    const { state } = await router.session(hash, email);
    if (state === "running" || state === "failed") return state === "running";
  }
}
