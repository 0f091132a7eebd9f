import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { V1Pod } from "@kubernetes/client-node";
import type { SessionResource } from "../src/runtimes/kubernetes/objects.ts";
import { grantRouter, prepareClusterRouter } from "../test/cluster/cluster-router.ts";
import { startControlPlane } from "../test/cluster/harness/control-plane.ts";
import type { TestRouter } from "../test/harness/router.ts";
import { ListClient } from "../test/load/list-client.ts";
import { gauge } from "../test/load/streams.ts";
import { TOKEN_SECRET } from "../test/load/push-report.ts";
import { ApiCalls, ROUTER_CALLS, tellCalls } from "./cluster/api-calls.ts";
import { BareWatch } from "./cluster/bare-watch.ts";
import { measureChanges, type Watches } from "./cluster/changes.ts";
import { measureStored } from "./cluster/etcd-sizes.ts";
import { startNodes } from "./cluster/fake-pods.ts";
import { FakeSessionds } from "./cluster/fake-sessiond.ts";
import { startPlainServer } from "./cluster/plain-server.ts";
import { measureLargestList, measureLists, measureProxied } from "./cluster/requests.ts";
import { ADMIN, type Scene } from "./cluster/scene.ts";
import { measureBurst, measureStarts } from "./cluster/starts.ts";
import { storeSessions } from "./cluster/stored-sessions.ts";
import { cpuSeconds } from "./cpu.ts";
import { figureLine, isMissed, type Figure } from "./figures.ts";
import { tellLoad } from "./load-average.ts";
import { peakMb, residentMb } from "./memory.ts";

const PROFILE = new URL("cluster/programs/profile.mjs", import.meta.url).href;
const MAX_MB = 400;
const ALL_RUN_MS = 900_000;
/** The router looks at every session for an answer: that is not to be what is measured. */
const LOOK_MS = 1_000;

const OPTIONS = {
  people: { type: "string", default: "100" },
  sessions: { type: "string", default: "5000" },
  running: { type: "string", default: "500" },
  burst: { type: "string", default: "300" },
  changes: { type: "string", default: "40" },
  starts: { type: "string", default: "10" },
  seconds: { type: "string", default: "20" },
  /** File for a CPU profile of the router. */
  profile: { type: "string" },
} as const;

/** `cluster.ts [--sessions 5000] [--running 500] [--burst 300] …` */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  const [people, sessions, running] = [Number(values.people), Number(values.sessions), Number(values.running)];
  await using plane = await startControlPlane({ auditRules: ROUTER_CALLS });
  const { api } = plane;
  const namespace = await plane.namespace("scale");
  await grantRouter(plane, namespace);
  tell(`storing ${sessions} sessions`);
  const members = await storeSessions({ api, namespace }, { people, sessions, running });
  await using router = await prepareClusterRouter({ plane, namespace, env: routerEnv(values.profile) });
  await using sessionds = await FakeSessionds.start(router.ports.internal);
  await using watchApi = plane.apiAs("admin");
  await using pods = await BareWatch.open<V1Pod>(watchApi, `/api/v1/namespaces/${namespace}/pods`);
  const path = `/apis/opencode-router.dev/v1alpha1/namespaces/${namespace}/sessions`;
  await using wishes = await BareWatch.open<SessionResource>(watchApi, path);
  const known = new Set(members.flatMap(({ hashes }) => hashes));
  await using _nodes = await startNodes(plane, sessionds, { pods, known });
  await using plain = await startPlainServer();

  const calls = new ApiCalls(plane.auditLog);
  const figures = told(await startAll(router, calls, running));
  const clients = await openTabs(router, members);
  const scene: Scene = { api, namespace, router, members, clients, calls, plain };
  tellLoad("before");
  for (const part of partsOf(scene, { watches: { sessions: wishes, pods }, etcd: plane.etcd, values }))
    figures.push(...told(await part()));
  tellLoad("after");
  for (const client of clients.values()) await client.close();
  return figures.some(isMissed) ? 1 : 0;
}

/** At once: a run that is cut short has told something. */
function told(figures: Figure[]): Figure[] {
  for (const figure of figures) process.stdout.write(`${figureLine(figure)}\n`);
  return figures;
}

const tell = (what: string): boolean => process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${what}\n`);

const routerEnv = (profile: string | undefined): Record<string, string> => ({
  LOG_LEVEL: "info",
  TOKEN_SECRET,
  ADMIN_EMAILS: ADMIN,
  MAX_SESSIONS_PER_USER: "1000",
  MAX_RUNNING_PER_USER: "100",
  ...(profile === undefined ? {} : { NODE_OPTIONS: `--import=${PROFILE}`, PROFILE_FILE: profile }),
});

/** The router comes up in a cluster in which sessions are wanted running, and none runs. */
async function startAll(router: TestRouter, calls: ApiCalls, running: number): Promise<Figure[]> {
  tell("starting the router");
  const begin = performance.now();
  await router.start();
  const ready = performance.now();
  const idleMb = await residentMb(router.pid);
  while ((await runningNow(router)) < running) {
    if (performance.now() - ready > ALL_RUN_MS) throw new Error(`only ${await runningNow(router)} sessions run`);
    await delay(LOOK_MS);
  }
  const all = performance.now();
  const count = await calls.atRest();
  tell(`calls to the API until ${running} ran: ${tellCalls(await calls.after(0))}`);
  return [
    { name: "router ready after", value: ready - begin, unit: " ms" },
    { name: "router, as it is ready", value: idleMb, unit: " MB" },
    { name: "all that were wanted run after", value: (all - ready) / 1_000, unit: " s" },
    { name: "API calls/session brought up", value: count / running },
    {
      name: "router's CPU/session brought up",
      value: ((await cpuSeconds([router.pid])) / running) * 1_000,
      unit: " ms",
    },
  ];
}

const runningNow = (router: TestRouter): Promise<number> =>
  gauge(router, 'opencode_router_sessions{state="running"}').catch(() => 0);

async function openTabs(router: TestRouter, members: readonly { readonly email: string }[]) {
  const tabs = await Promise.all(
    members.map(async ({ email }) => [email, await ListClient.open(router, email)] as const),
  );
  return new Map(tabs);
}

interface Course {
  readonly watches: Watches;
  readonly etcd: string;
  readonly values: { readonly [name in keyof typeof OPTIONS]?: string };
}

/** What is measured, one after the other. */
function partsOf(scene: Scene, { watches, etcd, values }: Course): (() => Promise<Figure[]>)[] {
  const { pid } = scene.router;
  const memory = async (name: string, read: (pid: number) => Promise<number>): Promise<Figure[]> => [
    { name, value: await read(pid), unit: " MB", target: MAX_MB },
  ];
  const seconds = Number(values.seconds);
  return [
    () => measureLists(scene, seconds),
    () => measureLargestList(scene),
    () => measureProxied(scene, seconds),
    () => memory("router, everything running", residentMb),
    () => measureChanges(scene, watches, Number(values.changes)),
    () => measureStarts(scene, Number(values.starts)),
    () => measureStored(etcd, scene.namespace),
    () => memory("router, most memory until now", peakMb),
    () => measureBurst(scene, Number(values.burst)),
    () => memory("router, most memory ever", peakMb),
  ];
}

process.exitCode = await main();
