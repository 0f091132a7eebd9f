import type { V1ContainerStateTerminated, V1ContainerStateWaiting, V1Pod } from "@kubernetes/client-node";
import { failure, isDiskFull, sanitise, sentence } from "../../contracts/failure-words.ts";
import type { Failure } from "../../contracts/session.ts";
import { explainSessiondExit, notReadyInTime } from "../explain-failure.ts";
import type { ApiError } from "./api-error.ts";
import { BOOT_LIMIT_MS } from "./build-pod.ts";

/** What the cluster says of a pod, as a sentence for a person. */

const START_AGAIN = "Start the session again.";

const words = (text: string | undefined): string => sentence(sanitise(text ?? ""));

/** The API server did not take an object of the session. */
export function explainRefusal({ kind, message }: Pick<ApiError, "kind" | "message">): Failure {
  if (kind === "quota")
    return failure(
      "unschedulable",
      "The cluster has no room for the session:",
      words(message),
      "Stop sessions that are not needed, or ask the operator for a larger quota.",
    );
  return failure(
    "config_failed",
    "The cluster refused the session:",
    words(message),
    "Ask the operator to correct it, then start the session again.",
  );
}

const MISSING_VOLUME = /volume|persistent|storage/i;
const MISSING_ROOM = /insufficient|too many pods/i;

/** @param message the scheduler's; undefined when it said nothing @param claimIsPending the session has no volume yet */
export function explainUnscheduled(message: string | undefined, claimIsPending: boolean): Failure {
  const isVolume = message ? MISSING_VOLUME.test(message) && !MISSING_ROOM.test(message) : claimIsPending;
  if (isVolume) return explainVolume(message);
  return failure(
    "unschedulable",
    // What it would take to evict others helps nobody.
    `No machine of the cluster can take the session${message ? `: ${words(message.split(" preemption: ")[0])}` : "."}`,
    "Stop sessions that are not needed, or ask the operator for more machines, then start the session again.",
  );
}

export const explainVolume = (message: string | undefined): Failure =>
  failure(
    "volume",
    message ? `The session's volume is not available: ${words(message)}` : "The session's volume is not available.",
    "Ask the operator to check the cluster's storage, then start the session again.",
  );

/** A node that would not have the pod after all. */
export const explainRejection = (message: string | undefined): Failure =>
  failure("unschedulable", "The machine chosen for the session has no room for it:", words(message), START_AGAIN);

export const explainImagePull = ({ reason, message }: V1ContainerStateWaiting): Failure =>
  failure(
    "image_pull",
    "The session's image cannot be loaded:",
    words(pullCause(message || reason)),
    "Ask the operator to check the image's name and the credentials for its registry.",
  );

/** A kubelet names the image four times before it comes to what is wrong with it: that must not be what is cut off. */
function pullCause(message = ""): string {
  const image = /"([^"]+)"/.exec(message)?.[1] ?? "";
  const last = message.lastIndexOf(`"${image}": `);
  if (last < 0) return message;
  const cause = message.slice(last + image.length + 4);
  return cause.startsWith(`${image}: `) ? cause : `${image}: ${cause}`;
}

/** A container that cannot even be made. */
export const explainUnmade = ({ reason, message }: { reason?: string; message?: string }): Failure =>
  failure(
    "config_failed",
    "The session's container cannot be started:",
    words(message || reason),
    "Ask the operator to correct it, then start the session again.",
  );

/** The session was ended by its node, or together with it. */
export const explainNodeLoss = ({ reason, message }: { reason?: string; message?: string }): Failure =>
  failure(
    "sessiond_crashed",
    reason === "Evicted" || message
      ? `The machine that the session ran on has ended it: ${words(message || reason)}`
      : "The machine that the session ran on is gone.",
    START_AGAIN,
  );

/** Nobody can say whether the session's processes still write to its volume. */
export const explainUnconfirmed = ({ metadata, spec }: V1Pod): Failure =>
  metadata?.finalizers?.length
    ? failure(
        "sessiond_crashed",
        `The session has ended, and something in the cluster keeps its pod: finalizers ${words(metadata.finalizers.join(", "))}`,
        "The session starts by itself once the pod is gone. Tell the operator.",
      )
    : failure(
        "sessiond_crashed",
        `The machine that the session ran on${spec?.nodeName ? ` (${sanitise(spec.nodeName)})` : ""} does not answer.`,
        "The session starts elsewhere by itself once that machine is back, or is removed from the cluster. Tell the operator.",
      );

export const outOfMemory = (limit: string | undefined): Failure =>
  failure(
    "sessiond_crashed",
    `The session used more memory than it may${limit ? ` (${limit})` : ""} and was ended.`,
    "Start the session again; if that happens often, ask the operator for more memory.",
  );

/** @param wasReady whether sessiond has ever been ready; if not, it may have been given up */
export function explainSessiondEnd(
  end: V1ContainerStateTerminated,
  { lived, wasReady }: { readonly lived: number | undefined; readonly wasReady: boolean },
): Failure {
  const isGivenUp = !wasReady && lived !== undefined && lived >= BOOT_LIMIT_MS - PROBE_SLACK_MS;
  return isGivenUp && !isDiskFull(end.message ?? "") ? notReadyInTime(BOOT_LIMIT_MS) : explainSessiondExit(tailOf(end));
}

/** The kubelet counts probes, not seconds. */
const PROBE_SLACK_MS = 5_000;

/** The last lines that a container wrote. */
export const tailOf = ({ message }: V1ContainerStateTerminated): string[] =>
  (message ?? "").split("\n").filter((line) => line.trim() !== "");

export const notBegunInTime = (limitMs: number): Failure =>
  failure(
    "timeout",
    `The session's machine has not begun with it after ${Math.round(limitMs / 60_000)} minutes: its image may take too long to load, or its volume cannot be attached.`,
    "Start the session again; if that happens often, tell the operator.",
  );
