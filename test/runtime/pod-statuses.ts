import type { V1Pod, V1PodStatus } from "@kubernetes/client-node";

/** Pods as the API server, the scheduler and the kubelet write them. Times are seconds after the pod was made. */

export const T0 = Date.parse("2026-03-01T10:00:00Z");
export const at = (seconds: number) =>
  new Date(T0 + seconds * 1000).toISOString().replace(".000Z", "Z") as unknown as Date;
export const MINUTE = 60;

/** As it comes from the API: times are texts. */
export const pod = (status: V1PodStatus | undefined, metadata: object = {}): V1Pod => ({
  metadata: { name: "session-0123456789ab", uid: "u", creationTimestamp: at(0), ...metadata },
  spec: {
    containers: [{ name: "sessiond", resources: { limits: { memory: "4Gi" } } }],
    initContainers: [{ name: "config" }, { name: "workspace", resources: { limits: { memory: "2Gi" } } }],
  },
  ...(status === undefined ? {} : { status }),
});
export const claim = (phase: string) => ({ metadata: { name: "home-0123456789ab" }, status: { phase } });

export const condition = (type: string, status: "True" | "False", seconds: number, others: object = {}) => ({
  type,
  status,
  lastProbeTime: null as unknown as Date,
  lastTransitionTime: at(seconds),
  ...others,
});
export const scheduled = condition("PodScheduled", "True", 1);
export const unscheduled = (message: string) =>
  condition("PodScheduled", "False", 0, { reason: "Unschedulable", message });

export const container = (name: string, state: object, others: object = {}) => ({
  name,
  image: "registry.example.org/session:1",
  imageID: "",
  ready: false,
  restartCount: 0,
  started: false,
  state,
  lastState: {},
  ...others,
});
export const waiting = (reason: string, message?: string) => ({ waiting: { reason, ...(message ? { message } : {}) } });
export const running = (seconds: number) => ({ running: { startedAt: at(seconds) } });
export const ended = (exitCode: number, others: object = {}) => ({
  terminated: {
    exitCode,
    reason: exitCode === 0 ? "Completed" : "Error",
    startedAt: at(10),
    finishedAt: at(20),
    ...others,
  },
});

export const initialising = [
  container("config", waiting("PodInitializing")),
  container("workspace", waiting("PodInitializing")),
];
export const mainWaits = [container("sessiond", waiting("PodInitializing"))];
export const done = [container("config", ended(0), { ready: true }), container("workspace", ended(0), { ready: true })];

export const pending = (initContainerStatuses: V1PodStatus["initContainerStatuses"], containerStatuses = mainWaits) =>
  pod({
    phase: "Pending",
    conditions: [scheduled],
    ...(initContainerStatuses ? { initContainerStatuses } : {}),
    containerStatuses,
  });
export const up = (readiness: object, others: Partial<V1PodStatus> = {}) =>
  pod({
    phase: "Running",
    podIP: "10.1.2.3",
    conditions: [scheduled, readiness as never],
    initContainerStatuses: done,
    containerStatuses: [container("sessiond", running(21), { started: true })],
    ...others,
  });
export const failed = (others: Partial<V1PodStatus>) => pod({ phase: "Failed", conditions: [scheduled], ...others });
export const sessiondEnded = (terminated: object, others: Partial<V1PodStatus> = {}) =>
  failed({
    initContainerStatuses: done,
    containerStatuses: [
      container("sessiond", { terminated: { exitCode: 1, reason: "Error", startedAt: at(21), ...terminated } }),
    ],
    ...others,
  });
