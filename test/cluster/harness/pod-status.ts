import type {
  V1Container,
  V1ContainerState,
  V1ContainerStatus,
  V1Pod,
  V1PodCondition,
  V1PodStatus,
} from "@kubernetes/client-node";

/** How far a container of a pod is. */
export type ContainerPhase =
  | { readonly is: "waiting"; readonly reason: string; readonly message?: string }
  | {
      readonly is: "running";
      readonly id: string;
      readonly startedAt: Date;
      readonly started: boolean;
      readonly ready: boolean;
    }
  | {
      readonly is: "terminated";
      readonly id: string;
      readonly startedAt: Date;
      readonly finishedAt: Date;
      readonly exitCode: number;
      readonly reason: string;
      readonly message?: string;
    };

/** What a node knows of a pod; the status follows from it. */
export interface PodFacts {
  readonly startTime: Date;
  /** Known from the first start of a container on. */
  readonly podIP?: string;
  /** By the containers' names, those of the init containers, too. */
  readonly containers: Readonly<Record<string, ContainerPhase>>;
  /** Of containers that were started again. */
  readonly restarts: Readonly<Record<string, { readonly count: number; readonly last: ContainerPhase }>>;
  /** Why the node itself ended the pod. */
  readonly ended?: { readonly reason: string; readonly message: string };
}

const NODE_ADDRESS = "127.0.0.1";
const IMAGE_ID = `sha256:${"0".repeat(64)}`;

/**
 * The status that a kubelet reports for a pod with `restartPolicy: Never`.
 *
 * @param before conditions that were told last, whose times stay
 */
export function podStatus(pod: V1Pod, facts: PodFacts, before: readonly V1PodCondition[], now: Date): V1PodStatus {
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const phase = podPhase(pod, facts);
  return {
    phase,
    ...facts.ended,
    startTime: facts.startTime,
    hostIP: NODE_ADDRESS,
    hostIPs: [{ ip: NODE_ADDRESS }],
    ...(facts.podIP === undefined ? {} : { podIP: facts.podIP, podIPs: [{ ip: facts.podIP }] }),
    conditions: conditions(pod, facts, phase).map((condition) => dated(condition, before, now)),
    ...(initContainers.length === 0
      ? {}
      : { initContainerStatuses: initContainers.map((one) => containerStatus(one, facts, true)) }),
    containerStatuses: containers.map((one) => containerStatus(one, facts, false)),
  };
}

const WAITING: ContainerPhase = { is: "waiting", reason: "ContainerCreating" };

const phaseOf = ({ name }: V1Container, facts: PodFacts): ContainerPhase => facts.containers[name] ?? WAITING;

/** An init container that stays, beside the main ones. */
export const isSidecar = ({ restartPolicy }: V1Container): boolean => restartPolicy === "Always";

const succeeded = (one: ContainerPhase): boolean => one.is === "terminated" && one.exitCode === 0;
const failed = (one: ContainerPhase): boolean => one.is === "terminated" && one.exitCode !== 0;

/** Whether the containers after this init container may start. */
const initialised = (container: V1Container, phase: ContainerPhase): boolean =>
  isSidecar(container) ? phase.is === "running" && phase.started : succeeded(phase);

export function podPhase(pod: V1Pod, facts: PodFacts): "Pending" | "Running" | "Succeeded" | "Failed" {
  const { initContainers: init = [], containers = [] } = pod.spec ?? {};
  const main = containers.map((one) => phaseOf(one, facts));
  if (facts.ended !== undefined || init.some((one) => !isSidecar(one) && failed(phaseOf(one, facts)))) return "Failed";
  const lingering = init.some((one) => isSidecar(one) && phaseOf(one, facts).is === "running");
  if (main.every(({ is }) => is === "terminated") && !lingering) return main.some(failed) ? "Failed" : "Succeeded";
  if (!init.every((one) => isSidecar(one) || succeeded(phaseOf(one, facts)))) return "Pending";
  return main.some(({ is }) => is === "waiting") ? "Pending" : "Running";
}

type Undated = Omit<V1PodCondition, "lastTransitionTime">;

const TRUE = "True";
const FALSE = "False";

function conditions(pod: V1Pod, facts: PodFacts, phase: string): Undated[] {
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const names = (list: readonly V1Container[], good: (one: V1Container, phase: ContainerPhase) => boolean): string =>
    list.flatMap((one) => (good(one, phaseOf(one, facts)) ? [] : [one.name])).join(" ");
  const incomplete = phase === "Running" ? "" : names(initContainers, initialised);
  const unready = names(
    [...initContainers.filter(isSidecar), ...containers],
    (_, one) => one.is === "running" && one.ready,
  );
  const begun = facts.podIP !== undefined && (phase === "Pending" || phase === "Running");
  return [
    ...(facts.ended === undefined ? [] : [disruption(facts.ended.message)]),
    { type: "PodReadyToStartContainers", status: begun ? TRUE : FALSE },
    incomplete === ""
      ? { type: "Initialized", status: TRUE, ...(phase === "Succeeded" ? { reason: "PodCompleted" } : {}) }
      : {
          type: "Initialized",
          status: FALSE,
          reason: "ContainersNotInitialized",
          message: `containers with incomplete status: [${incomplete}]`,
        },
    ...["Ready", "ContainersReady"].map((type) => readiness(type, phase, unready)),
    { type: "PodScheduled", status: TRUE },
  ];
}

const disruption = (message: string): Undated => ({
  type: "DisruptionTarget",
  status: TRUE,
  reason: "TerminationByKubelet",
  message,
});

function readiness(type: string, phase: string, unready: string): Undated {
  if (phase === "Failed") return { type, status: FALSE, reason: "PodFailed" };
  if (phase === "Succeeded") return { type, status: FALSE, reason: "PodCompleted" };
  if (unready === "") return { type, status: TRUE };
  const message = `containers with unready status: [${unready}]`;
  return { type, status: FALSE, reason: "ContainersNotReady", message };
}

/** A condition changes its time only with its status. */
function dated(condition: Undated, before: readonly V1PodCondition[], now: Date): V1PodCondition {
  const old = before.find(({ type, status }) => type === condition.type && status === condition.status);
  return { ...condition, lastTransitionTime: old?.lastTransitionTime ?? now };
}

function containerStatus({ name, image = "" }: V1Container, facts: PodFacts, init: boolean): V1ContainerStatus {
  const phase = facts.containers[name] ?? WAITING;
  const { count: restartCount, last } = facts.restarts[name] ?? { count: 0, last: undefined };
  return {
    name,
    image,
    imageID: phase.is === "waiting" ? "" : IMAGE_ID,
    ...(phase.is === "waiting" ? {} : { containerID: phase.id }),
    ready: phase.is === "running" ? phase.ready : init && succeeded(phase),
    started: phase.is === "running" && phase.started,
    restartCount,
    state: stateOf(phase),
    lastState: last === undefined ? {} : stateOf(last),
  };
}

function stateOf(phase: ContainerPhase): V1ContainerState {
  if (phase.is === "waiting") {
    const { reason, message } = phase;
    return { waiting: { reason, ...(message === undefined ? {} : { message }) } };
  }
  if (phase.is === "running") return { running: { startedAt: phase.startedAt } };
  const { id, exitCode, reason, message, startedAt, finishedAt } = phase;
  const told = message === undefined ? {} : { message };
  return { terminated: { exitCode, reason, ...told, startedAt, finishedAt, containerID: id } };
}
