import { performance } from "node:perf_hooks";
import { call, type Answer } from "../../test/harness/http.ts";
import { quantile, type Figure } from "../figures.ts";
import { tellCalls } from "./api-calls.ts";
import { AGENT_ANSWER } from "./fake-sessiond.ts";
import { inLanes } from "./lanes.ts";
import { ADMIN, type Scene } from "./scene.ts";

const MAX_LIST_MS = 100;
const LANES = 4;
const ADMIN_ROUNDS = 30;

/** Milliseconds of the router's answers, and of the plain server's with the same bytes. */
interface Times {
  readonly router: number[];
  readonly plain: number[];
}

/** Everybody looks at their list; every second request is for the plain server. */
export async function measureLists(scene: Scene, seconds: number): Promise<Figure[]> {
  const { router, members, calls } = scene;
  const before = await calls.atRest();
  const lists = await inTurns(scene, seconds, (round) => {
    const { email } = members[round % members.length] ?? { email: ADMIN };
    return { path: `/lists/${email}`, ask: () => router.api("GET", "/api/sessions", { as: email }) };
  });
  const made = await calls.after(before);
  process.stdout.write(`calls to the API during ${lists.router.length} lists: ${tellCalls(made)}\n`);
  return [
    ...timesOf("list of a person", lists, MAX_LIST_MS),
    { name: "API calls/list", value: made.filter(isNoWatch).length / lists.router.length, target: 0 },
  ];
}

/** An administrator looks at everybody's sessions: the largest list there is. */
export async function measureLargestList(scene: Scene): Promise<Figure[]> {
  const { router } = scene;
  const times: Times = { router: [], plain: [] };
  const ask = () => router.api("GET", "/api/admin/sessions", { as: ADMIN });
  for (let round = 0; round < ADMIN_ROUNDS; round++) await turn(scene, times, { path: "/lists/all", ask });
  const { text } = await ask();
  return [
    { name: "list of everybody's sessions", value: text.length / 1024, unit: " KB" },
    ...timesOf("list of everybody's sessions", times),
  ];
}

/** Requests to the agents of all running sessions, through the router. */
export async function measureProxied(scene: Scene, seconds: number): Promise<Figure[]> {
  const { router, members, calls } = scene;
  const running = members.flatMap(({ email, running }) => running.map((hash) => ({ email, hash })));
  const at = (round: number) => {
    const { hash, email } = running[round % running.length] ?? { hash: "", email: ADMIN };
    return router.onSession(hash, "/session", { as: email });
  };
  const untouched = await calls.atRest();
  // The first use of each in a minute is written down: that is for the session, not for the request.
  await inLanes(running, LANES, async (_, round) => void check(await at(round)));
  const before = await calls.atRest();
  const uses = (await calls.after(untouched)).slice(0, before - untouched);
  const times = await inTurns(scene, seconds, (round) => ({ path: "/agent", ask: () => at(round) }));
  const made = await calls.after(before);
  process.stdout.write(`calls to the API during the first request to each session: ${tellCalls(uses)}\n`);
  process.stdout.write(`calls to the API during ${times.router.length} more: ${tellCalls(made)}\n`);
  return [
    ...timesOf("proxied request", times),
    { name: "API calls/proxied request", value: made.filter(isNoWatch).length / times.router.length, target: 0 },
    { name: "API calls/session and minute in which it was used", value: uses.length / running.length, target: 1 },
  ];
}

/** A watch that the server has ended after its time is taken up again, whatever is asked meanwhile. */
const isNoWatch = ({ verb }: { readonly verb: string }): boolean => verb !== "watch";

interface Turn {
  /** Where the plain server has the same bytes. */
  readonly path: string;
  readonly ask: () => Promise<Answer>;
}

async function inTurns(scene: Scene, seconds: number, turnOf: (round: number) => Turn): Promise<Times> {
  const times: Times = { router: [], plain: [] };
  const end = performance.now() + seconds * 1_000;
  let round = 0;
  const lane = async () => {
    while (performance.now() < end) await turn(scene, times, turnOf(round++));
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return times;
}

async function turn({ plain }: Scene, times: Times, { path, ask }: Turn): Promise<void> {
  const begin = performance.now();
  const answer = check(await ask());
  times.router.push(performance.now() - begin);
  await plain.put(path, path === "/agent" ? AGENT_ANSWER : answer.text);
  const asked = performance.now();
  check(await call(plain.port, path));
  times.plain.push(performance.now() - asked);
}

/** A refusal is quick: it must not be taken for an answer. */
function check(answer: Answer): Answer {
  if (answer.status !== 200) throw new Error(`answered ${answer.status}: ${answer.text.slice(0, 500)}`);
  return answer;
}

function timesOf(name: string, { router, plain }: Times, target?: number): Figure[] {
  const limit = target === undefined ? {} : { target };
  return [
    { name: `${name}, measured`, value: router.length, unit: " times" },
    { name: `${name} p50`, value: quantile(router, 0.5), unit: " ms" },
    { name: `${name} p95`, value: quantile(router, 0.95), unit: " ms", ...limit },
    { name: `${name}/plain node:http p50`, value: quantile(router, 0.5) / quantile(plain, 0.5) },
    { name: `${name}/plain node:http p95`, value: quantile(router, 0.95) / quantile(plain, 0.95) },
  ];
}
