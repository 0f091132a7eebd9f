import type { IncomingMessage } from "node:http";
import { parseArgs } from "node:util";
import { open } from "../test/harness/http.ts";
import { prepareRouter, type TestRouter } from "../test/harness/router.ts";
import { storeCrowd } from "../test/load/crowd.ts";
import { ListClient } from "../test/load/list-client.ts";
import { TOKEN_SECRET } from "../test/load/push-report.ts";
import { cpuSeconds } from "./cpu.ts";
import { figureLine, isMissed, quantile, type Figure } from "./figures.ts";
import { tellLoad } from "./load-average.ts";
import { residentMb } from "./memory.ts";
import { ask, shows, type Owned } from "./people/changes.ts";
import { isOf, load, until, type Crowd } from "./people/load.ts";

const PEOPLE = 20;
const SESSIONS_EACH = 5;
const CLIENTS_EACH = 2;
const MAX_LIST_MS = 50;
const MAX_CHANGE_MS = 300;

/** `people.ts [--running 10] [--restless 2] [--seconds 30]` */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      running: { type: "string", default: "10" },
      restless: { type: "string", default: "2" },
      seconds: { type: "string", default: "30" },
    },
  });
  const seconds = Number(values.seconds);
  await using router = await prepareRouter({ auth: "proxy", env: { LOG_LEVEL: "info", TOKEN_SECRET } });
  const members = await storeCrowd(router, { people: PEOPLE, each: SESSIONS_EACH });
  await router.start();
  const people = await Promise.all(
    members.map(async (member) => ({ ...member, clients: await openClients(router, member.email) })),
  );
  // One each: whoever has none that runs sees no change at all.
  const running = people.slice(0, Number(values.running)).map((person): Owned => {
    const [hash] = person.hashes;
    if (!hash) throw new Error(`${person.email} has no session`);
    return { hash, email: person.email, clients: person.clients };
  });
  const progress = await startAll(router, running);
  const crowd = { people, running, restless: Number(values.restless) };

  // Code that is not compiled yet is not what is measured.
  await load(router, crowd, 5);
  tellLoad("before");
  const cpuBefore = await cpuSeconds([router.pid]);
  const measured = await load(router, crowd, seconds);
  const cpu = (await cpuSeconds([router.pid])) - cpuBefore;
  tellLoad("after");
  for (const stream of progress) stream.destroy();
  const figures = [
    ...timesOf("list", measured.lists, MAX_LIST_MS),
    { name: "health p95, for comparison", value: quantile(measured.health, 0.95), unit: " ms" },
    ...timesOf("change at SSE", measured.fromRequest, MAX_CHANGE_MS),
    ...timesOf("change at SSE, from the answer", measured.fromAnswer),
    ...leaksOf(crowd, measured.foreign),
    { name: "router's CPU", value: (cpu / seconds) * 100, unit: " % of a core" },
    { name: "router", value: await residentMb(router.pid), unit: " MB" },
  ];
  for (const figure of figures) process.stdout.write(`${figureLine(figure)}\n`);
  for (const { clients } of people) for (const client of clients) await client.close();
  return figures.some(isMissed) ? 1 : 0;
}

const openClients = (router: TestRouter, email: string): Promise<ListClient[]> =>
  Promise.all(Array.from({ length: CLIENTS_EACH }, () => ListClient.open(router, email)));

/** Starts the sessions, and reads the conversation of each. */
async function startAll(router: TestRouter, sessions: readonly Owned[]): Promise<IncomingMessage[]> {
  await Promise.all(
    sessions.map(async (session) => {
      const isRunning = until(session, shows(session.hash, "running"));
      const answer = await ask(router, session, "resume");
      if (answer.status !== 202) throw new Error(`resume answered ${answer.status}: ${answer.text}`);
      await isRunning;
    }),
  );
  return Promise.all(
    sessions.map(async ({ hash, email }) => {
      const headers = { host: router.mainHost(), ...router.identity(email) };
      const stream = await open(router.ports.public, `/api/sessions/${hash}/progress/stream`, { headers });
      return stream.on("error", () => {}).resume();
    }),
  );
}

function timesOf(name: string, times: readonly number[], target?: number): Figure[] {
  const limit = target === undefined ? {} : { target };
  return [
    { name: `${name}, measured`, value: times.length, unit: " times" },
    { name: `${name} p50`, value: quantile(times, 0.5), unit: " ms" },
    { name: `${name} p95`, value: quantile(times, 0.95), unit: " ms", ...limit },
    { name: `${name} max`, value: Math.max(...times), unit: " ms" },
  ];
}

/** What anybody saw of others: their sessions, or events when nothing of one's own had changed. */
function leaksOf({ people, running }: Crowd, foreignLists: number): Figure[] {
  const clients = people.flatMap((person) => person.clients);
  const foreignEvents = clients.flatMap(({ email, arrivals }) => arrivals.filter(({ list }) => !isOf(email, list)));
  const still = people.filter(({ email }) => !running.some((session) => session.email === email));
  const needless = still.flatMap((person) => person.clients.flatMap(({ arrivals }) => arrivals.slice(1)));
  return [
    {
      name: "lists with somebody else's sessions",
      value: foreignLists + foreignEvents.length,
      unit: " lists",
      target: 0,
    },
    { name: "events about other people's changes", value: needless.length, unit: " events", target: 0 },
  ];
}

process.exitCode = await main();
