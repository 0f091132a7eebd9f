import type { V1ContainerStateTerminated, V1ContainerStatus, V1Pod, V1PodCondition } from "@kubernetes/client-node";
import { CONTAINERS } from "./build-pod.ts";

/** Reads what the scheduler and the kubelet have written of a pod. */

export const conditionOf = (pod: V1Pod, type: string): V1PodCondition | undefined =>
  pod.status?.conditions?.find((condition) => condition.type === type);

export const allStatuses = ({ status }: V1Pod): V1ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

export const statusOf = (pod: V1Pod, container: keyof typeof CONTAINERS): V1ContainerStatus | undefined =>
  allStatuses(pod).find(({ name }) => name === CONTAINERS[container]);

/** How a container ended; undefined while it has not, or will be looked at by nobody because it began anew. */
export function endOf(status: V1ContainerStatus | undefined): V1ContainerStateTerminated | undefined {
  const { terminated, waiting } = status?.state ?? {};
  return terminated ?? (waiting?.reason === "CrashLoopBackOff" ? status?.lastState?.terminated : undefined);
}

/** Milliseconds since the epoch. The client's types promise dates; what comes as JSON are texts. */
export function timeMs(time: Date | string | undefined): number | undefined {
  const ms = time ? new Date(time).getTime() : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * Whether sessiond is ready, or was: then the session runs until sessiond ends, though opencode is being restarted. It runs
 * once in a pod, so the condition changed after its start only if it was true in between.
 */
export function hasBeenReady(pod: V1Pod): boolean {
  const status = statusOf(pod, "sessiond");
  const condition = conditionOf(pod, "Ready");
  if (status?.ready || condition?.status === "True") return true;
  const startedAt = timeMs(status?.state?.running?.startedAt ?? status?.state?.terminated?.startedAt);
  const changedAt = timeMs(condition?.lastTransitionTime);
  return startedAt !== undefined && changedAt !== undefined && changedAt > startedAt;
}
