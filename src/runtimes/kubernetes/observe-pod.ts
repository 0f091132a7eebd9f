import type { V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import type { Failure, StartStage } from "../../contracts/session.ts";
import { explainClone, explainConfig, notReadyInTime } from "../explain-failure.ts";
import type { Observed } from "../runtime.ts";
import { explainUnconfirmed, explainUnscheduled, explainVolume, notBegunInTime } from "./explain-pod.ts";
import { conditionOf, hasBeenReady, statusOf, timeMs } from "./pod-facts.ts";
import { blockingFailure, endFailure } from "./pod-failure.ts";

const MINUTE_MS = 60_000;

/** How long each stage of a start may take: a start ends, though nobody says that it failed. */
const LIMITS_MS = {
  scheduling: 2 * MINUTE_MS,
  // Large images, and volumes that another node has to let go of.
  pulling: 10 * MINUTE_MS,
  configuring: 5 * MINUTE_MS,
  cloning: 15 * MINUTE_MS,
  // The kubelet gives up far sooner, and says why.
  booting: 10 * MINUTE_MS,
} as const satisfies Partial<Record<StartStage, number>>;

/** A node that is there confirms the end of a pod within a moment of its last second. */
const CONFIRMED_IN_MS = MINUTE_MS;

type Stage = keyof typeof LIMITS_MS;

/** What a session's pod says of the session. A pod that is being deleted is `stopping`, whatever else it says. */
export function observePod(pod: V1Pod | undefined, claim: V1PersistentVolumeClaim | undefined, now: number): Observed {
  if (pod === undefined) return { phase: "absent" };
  const stuckFrom = stuckFromMs(pod);
  if (stuckFrom !== undefined)
    return now < stuckFrom ? { phase: "stopping" } : { phase: "stopping", stuck: explainUnconfirmed(pod) };
  const ended = endFailure(pod);
  if (ended) return { phase: "failed", failure: ended };
  if (isRunning(pod)) return { phase: "running" };
  const blocked = claim?.status?.phase === "Lost" ? explainVolume("its storage is lost") : blockingFailure(pod);
  if (blocked) return { phase: "failed", failure: blocked };
  const { stage, until } = startStep(pod);
  return now < until ? { phase: "starting", stage } : { phase: "failed", failure: explainDelay(stage, { pod, claim }) };
}

/** @returns after which time `observePod` says something else though nothing happens; undefined when it will not. */
export function nextLookMs(pod: V1Pod, now: number): number | undefined {
  const { phase } = observePod(pod, undefined, now);
  if (phase !== "starting" && phase !== "stopping") return undefined;
  const until = stuckFromMs(pod) ?? startStep(pod).until;
  return now < until && until !== Number.POSITIVE_INFINITY ? until - now : undefined;
}

/** From when on the end of a pod is overdue; undefined when it is not being deleted. Its time to end is in the timestamp. */
function stuckFromMs({ metadata }: V1Pod): number | undefined {
  if (!metadata?.deletionTimestamp) return undefined;
  return (timeMs(metadata.deletionTimestamp) ?? Number.POSITIVE_INFINITY) + CONFIRMED_IN_MS;
}

const isRunning = (pod: V1Pod): boolean => pod.status?.phase === "Running" && !!pod.status.podIP && hasBeenReady(pod);

/** Where a start is, and until when it may be there. */
function startStep(pod: V1Pod): { readonly stage: Stage; readonly until: number } {
  const [stage, since] = stageOf(pod);
  return { stage, until: since === undefined ? Number.POSITIVE_INFINITY : since + LIMITS_MS[stage] };
}

function stageOf(pod: V1Pod): readonly [Stage, since: number | undefined] {
  const [config, workspace, sessiond] = (["config", "workspace", "sessiond"] as const).map(
    (name) => statusOf(pod, name)?.state,
  );
  if (sessiond?.running) return ["booting", timeMs(sessiond.running.startedAt)];
  if (workspace?.terminated) return ["booting", timeMs(workspace.terminated.finishedAt)];
  if (workspace?.running) return ["cloning", timeMs(workspace.running.startedAt)];
  if (config?.terminated) return ["cloning", timeMs(config.terminated.finishedAt)];
  if (config?.running) return ["configuring", timeMs(config.running.startedAt)];
  const scheduled = conditionOf(pod, "PodScheduled");
  if (scheduled?.status === "True") return ["pulling", timeMs(scheduled.lastTransitionTime)];
  return ["scheduling", timeMs(pod.metadata?.creationTimestamp)];
}

function explainDelay(
  stage: Stage,
  { pod, claim }: { readonly pod: V1Pod; readonly claim: V1PersistentVolumeClaim | undefined },
): Failure {
  const tooLate = { code: null, timedOut: true, tail: [] };
  switch (stage) {
    case "scheduling":
      return explainUnscheduled(conditionOf(pod, "PodScheduled")?.message, claim?.status?.phase === "Pending");
    case "pulling":
      return notBegunInTime(LIMITS_MS.pulling);
    case "configuring":
      return explainConfig(tooLate);
    case "cloning":
      return explainClone(tooLate);
    case "booting":
      return notReadyInTime(LIMITS_MS.booting);
  }
}
