import { performance } from "node:perf_hooks";
import type { V1Pod } from "@kubernetes/client-node";
import type { SessionState } from "../../src/contracts/session.ts";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import type { SessionResource } from "../../src/runtimes/kubernetes/objects.ts";
import { MERGE_PATCH } from "../../test/cluster/harness/test-api.ts";
import { quantile, type Figure } from "../figures.ts";
import { shows } from "../people/changes.ts";
import { tellCalls } from "./api-calls.ts";
import type { BareWatch } from "./bare-watch.ts";
import { inLanes } from "./lanes.ts";
import type { Scene } from "./scene.ts";

const MAX_CHANGE_MS = 1_000;
const LANES = 3;

export interface Watches {
  readonly sessions: BareWatch<SessionResource>;
  readonly pods: BareWatch<V1Pod>;
}

/** Milliseconds, change by change. */
interface Delays {
  /** From sending the change to the API server to the event at the person's tab. */
  readonly toTab: number[];
  /** From the same moment to the bare watch. */
  readonly toWatch: number[];
  /** From the bare watch to the tab, also of what the cluster did by itself; negative when the tab was faster. */
  readonly behind: number[];
}

/**
 * Somebody else than this router, as another router does, wishes sessions stopped and running again. Each is four changes: the
 * wish, the pod gone, the wish, the pod ready.
 */
export async function measureChanges(scene: Scene, watches: Watches, count: number): Promise<Figure[]> {
  const { members, calls } = scene;
  const delays: Delays = { toTab: [], toWatch: [], behind: [] };
  const chosen = members.flatMap(({ email, running: [hash] }) => (hash ? [{ email, hash }] : [])).slice(0, count);
  const before = await calls.atRest();
  await inLanes(chosen, LANES, async (session) => {
    const [stopping, stopped] = [["stopping", "stopped"], ["stopped"]] as const;
    const gone = lag(scene, watches, { session, isSeen: isGone, states: stopped });
    await wish(scene, watches, { session, desired: "stopped", states: stopping, delays });
    delays.behind.push(await gone);
    const ready = lag(scene, watches, { session, isSeen: isReady, states: ["running"] });
    await wish(scene, watches, { session, desired: "running", states: ["starting", "running"], delays });
    delays.behind.push(await ready);
  });
  await calls.atRest();
  const made = await calls.after(before);
  process.stdout.write(`calls to the API during ${chosen.length} stops and wakes: ${tellCalls(made)}\n`);
  return figuresOf(delays, made.length / chosen.length);
}

const figuresOf = ({ toTab, toWatch, behind }: Delays, callsEach: number): Figure[] => [
  { name: "change at SSE, measured", value: behind.length, unit: " times" },
  { name: "change at SSE p50", value: quantile(toTab, 0.5), unit: " ms" },
  { name: "change at SSE p95", value: quantile(toTab, 0.95), unit: " ms" },
  { name: "change at SSE max", value: Math.max(...toTab), unit: " ms", target: MAX_CHANGE_MS },
  { name: "change at SSE/at a bare watch p50", value: quantile(toTab, 0.5) / quantile(toWatch, 0.5) },
  { name: "change at SSE/at a bare watch p95", value: quantile(toTab, 0.95) / quantile(toWatch, 0.95) },
  { name: "SSE behind a bare watch p50", value: quantile(behind, 0.5), unit: " ms" },
  { name: "SSE behind a bare watch p95", value: quantile(behind, 0.95), unit: " ms" },
  { name: "SSE behind a bare watch max", value: Math.max(...behind), unit: " ms", target: MAX_CHANGE_MS },
  { name: "API calls/stop and wake", value: callsEach },
];

interface Chosen {
  readonly email: string;
  readonly hash: SessionHash;
}

interface Wish {
  readonly session: Chosen;
  readonly desired: "running" | "stopped";
  /** In which of these the tab shows that it knows. */
  readonly states: readonly SessionState[];
  readonly delays: Delays;
}

async function wish(scene: Scene, { sessions }: Watches, { session, desired, states, delays }: Wish): Promise<void> {
  const { hash } = session;
  const watch = sessions.next(({ object }) => object.metadata.name === hash && object.spec.desired === desired);
  const tab = tabShows(scene, session, states);
  const begin = performance.now();
  const path = `/apis/opencode-router.dev/v1alpha1/namespaces/${scene.namespace}/sessions/${hash}`;
  await scene.api.call("PATCH", path, { spec: { desired } }, MERGE_PATCH);
  const [atWatch, atTab] = await Promise.all([watch, tab]);
  delays.toWatch.push(atWatch - begin);
  delays.toTab.push(atTab - begin);
  delays.behind.push(atTab - atWatch);
}

interface Awaited {
  readonly session: Chosen;
  readonly isSeen: (type: string, pod: V1Pod) => boolean;
  readonly states: readonly SessionState[];
}

/** How much later than the bare watch the tab knows of a pod. */
async function lag(scene: Scene, { pods }: Watches, { session, isSeen, states }: Awaited): Promise<number> {
  const name = `session-${session.hash}`;
  const watch = pods.next(({ type, object }) => object.metadata?.name === name && isSeen(type, object));
  const [atTab, atWatch] = await Promise.all([tabShows(scene, session, states), watch]);
  return atTab - atWatch;
}

async function tabShows({ clients }: Scene, { email, hash }: Chosen, states: readonly SessionState[]): Promise<number> {
  const client = clients.get(email);
  if (!client) throw new Error(`${email} has no tab`);
  return (await client.next(shows(hash, ...states))).at;
}

const isGone = (type: string): boolean => type === "DELETED";
const isReady = (type: string, { status }: V1Pod): boolean =>
  type !== "DELETED" && (status?.conditions ?? []).some((one) => one.type === "Ready" && one.status === "True");
