import type { V1ContainerStateWaiting, V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import type { Failure } from "../../contracts/session.ts";
import { explainClone, explainConfig, explainSessiondExit } from "../explain-failure.ts";
import {
  explainImagePull,
  explainNodeLoss,
  explainRejection,
  explainSessiondEnd,
  explainUnmade,
  outOfMemory,
  tailOf,
} from "./explain-pod.ts";
import { allStatuses, conditionOf, endOf, hasBeenReady, statusOf, timeMs } from "./pod-facts.ts";

/** What a kubelet says that has not enough for a pod that the scheduler gave it. */
const REJECTED = /^(OutOf.*|NodeAffinity|UnexpectedAdmissionError|TopologyAffinityError)$/;
const NEVER_STARTED = ["StartError", "ContainerCannotRun"];

/** Why a pod has ended; undefined while it may still come up or runs. A pod runs once: what ended stays ended. */
export const endFailure = (pod: V1Pod): Failure | undefined =>
  nodeFailure(pod) ?? initFailure(pod) ?? sessiondFailure(pod) ?? wordlessFailure(pod);

function nodeFailure(pod: V1Pod): Failure | undefined {
  const { phase, reason, message } = pod.status ?? {};
  const said = { ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
  if (phase === "Unknown" || reason === "NodeLost") return explainNodeLoss(said);
  if (phase !== "Failed") return undefined;
  if (REJECTED.test(reason ?? "")) return explainRejection(message || reason);
  if (reason) return explainNodeLoss(said);
  const disruption = conditionOf(pod, "DisruptionTarget");
  return disruption?.status === "True" ? explainNodeLoss(disruption) : undefined;
}

function initFailure(pod: V1Pod): Failure | undefined {
  for (const [step, explain] of [
    ["config", explainConfig],
    ["workspace", explainClone],
  ] as const) {
    const end = endOf(statusOf(pod, step));
    if (end === undefined || end.exitCode === 0) continue;
    if (NEVER_STARTED.includes(end.reason ?? "")) return explainUnmade(end);
    if (end.reason === "OOMKilled") return outOfMemory(memoryLimit(pod, step));
    return explain({ code: end.exitCode, timedOut: false, tail: tailOf(end) });
  }
  return undefined;
}

function sessiondFailure(pod: V1Pod): Failure | undefined {
  const end = endOf(statusOf(pod, "sessiond"));
  if (end === undefined) return undefined;
  if (NEVER_STARTED.includes(end.reason ?? "")) return explainUnmade(end);
  if (end.reason === "OOMKilled") return outOfMemory(memoryLimit(pod, "sessiond"));
  // The kubelet came back and found nothing of it.
  if (end.reason === "ContainerStatusUnknown") return explainNodeLoss({});
  const [startedAt, finishedAt] = [timeMs(end.startedAt), timeMs(end.finishedAt)];
  const lived = startedAt === undefined || finishedAt === undefined ? undefined : finishedAt - startedAt;
  return explainSessiondEnd(end, { lived, wasReady: hasBeenReady(pod) });
}

function wordlessFailure({ status }: V1Pod): Failure | undefined {
  if (status?.phase !== "Failed" && status?.phase !== "Succeeded") return undefined;
  return explainSessiondExit(status.message ? [status.message] : []);
}

const memoryLimit = ({ spec }: V1Pod, container: string): string | undefined =>
  [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].find(({ name }) => name === container)?.resources
    ?.limits?.["memory"];

/** The first failure to load an image is not among them: the next try may do. */
const NO_IMAGE = [
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "SignatureValidationFailed",
];
const UNMADE = ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"];
/** A busy node says so for a moment. */
const PASSING = /failed to sync|deadline exceeded|timed out|is reserved for/i;

/** What keeps a pod from coming up until somebody corrects it. */
export function blockingFailure(pod: V1Pod): Failure | undefined {
  for (const waiting of allStatuses(pod).map(waitingState)) {
    if (NO_IMAGE.includes(waiting?.reason ?? "")) return explainImagePull(waiting ?? {});
    if (UNMADE.includes(waiting?.reason ?? "") && !PASSING.test(waiting?.message ?? ""))
      return explainUnmade(waiting ?? {});
  }
  return undefined;
}

const waitingState = ({ state }: V1ContainerStatus): V1ContainerStateWaiting | undefined => state?.waiting;
