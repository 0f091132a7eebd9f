import type { V1Pod } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import {
  T0,
  at,
  pod,
  claim,
  condition,
  scheduled,
  container,
  waiting,
  ended,
  initialising,
  done,
  pending,
  up,
  failed,
  sessiondEnded,
} from "../../../test/runtime/pod-statuses.ts";
import { nextLookMs, observePod } from "./observe-pod.ts";

const observe = (
  thePod: V1Pod | undefined,
  seconds = 30,
  theClaim: { status: { phase: string } } | undefined = claim("Bound"),
) => observePod(thePod, theClaim, T0 + seconds * 1000);

/** The step that began last. */
const stepEnded = (name: "config" | "workspace", exitCode: number, others: object) =>
  failed({
    initContainerStatuses: [
      ...(name === "config" ? [] : [container("config", ended(0))]),
      container(name, ended(exitCode, others)),
    ],
  });
const configWaits = (reason: string, message?: string) => pending([container("config", waiting(reason, message))]);

const failures: [string, V1Pod, string, RegExp][] = [
  [
    "was evicted",
    failed({
      reason: "Evicted",
      message: "The node was low on resource: memory. Threshold quantity: 100Mi, available: 40Mi.",
    }),
    "sessiond_crashed",
    /machine .* ended it: The node was low on resource: memory.*\. Start the session again\.$/,
  ],
  [
    "filled its /tmp",
    failed({
      reason: "Evicted",
      message: 'Usage of EmptyDir volume "tmp" exceeds the limit "2Gi". ',
      containerStatuses: [container("sessiond", ended(137))],
    }),
    "sessiond_crashed",
    /EmptyDir volume "tmp" exceeds the limit/,
  ],
  [
    "lost its node",
    pod({
      phase: "Running",
      reason: "NodeLost",
      message: "Node n1 which was running pod session-0123456789ab is unresponsive",
    }),
    "sessiond_crashed",
    /unresponsive/,
  ],
  [
    "is of an unknown phase",
    pod({ phase: "Unknown" }),
    "sessiond_crashed",
    /The machine that the session ran on is gone/,
  ],
  [
    "ended with its node",
    failed({ reason: "Terminated", message: "Pod was terminated in response to imminent node shutdown." }),
    "sessiond_crashed",
    /imminent node shutdown/,
  ],
  [
    "was preempted",
    failed({
      conditions: [
        scheduled,
        condition("DisruptionTarget", "True", 30, {
          reason: "PreemptionByScheduler",
          message: "default-scheduler: preempting to accommodate a higher priority pod",
        }),
      ],
      containerStatuses: [container("sessiond", ended(143))],
    }),
    "sessiond_crashed",
    /preempting to accommodate/,
  ],
  [
    "was refused by its node",
    failed({
      reason: "OutOfcpu",
      message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 250, used: 3900, capacity: 4000",
    }),
    "unschedulable",
    /no room for it: Pod was rejected/,
  ],
  [
    "ran out of memory",
    sessiondEnded({ exitCode: 137, reason: "OOMKilled", finishedAt: at(90) }),
    "sessiond_crashed",
    /more memory than it may \(4Gi\)/,
  ],
  [
    "crashed",
    sessiondEnded({
      exitCode: 1,
      message: '{"level":"info","msg":"listening"}\n{"level":"fatal","msg":"the key in the file is shorter"}\n',
      finishedAt: at(22),
    }),
    "sessiond_crashed",
    /ended unexpectedly\. the key in the file is shorter\. Start/,
  ],
  [
    "has a full disk",
    sessiondEnded({ message: "Error: ENOSPC: no space left on device, write", finishedAt: at(200) }),
    "disk_full",
    /disk is full/,
  ],
  [
    "ended by itself",
    pod({ phase: "Succeeded", initContainerStatuses: done, containerStatuses: [container("sessiond", ended(0))] }),
    "sessiond_crashed",
    /ended unexpectedly\. Start/,
  ],
  [
    "was given up by the kubelet",
    sessiondEnded({ exitCode: 137, finishedAt: at(142) }, { conditions: [condition("Ready", "False", 1)] }),
    "timeout",
    /not ready after 120 seconds/,
  ],
  [
    "crashed after a long life",
    sessiondEnded({ exitCode: 1, finishedAt: at(5000) }, { conditions: [condition("Ready", "False", 5000)] }),
    "sessiond_crashed",
    /ended unexpectedly/,
  ],
  [
    "was not found by the kubelet again",
    sessiondEnded({
      exitCode: 137,
      reason: "ContainerStatusUnknown",
      message: "The container could not be located when the pod was terminated",
    }),
    "sessiond_crashed",
    /machine .* is gone/,
  ],
  ["says nothing of its end", failed({ message: "who knows" }), "sessiond_crashed", /who knows/],
  [
    "has no program",
    sessiondEnded({
      exitCode: 128,
      reason: "StartError",
      message: 'failed to create containerd task: exec: "/usr/bin/tini": no such file or directory',
      finishedAt: at(21),
    }),
    "config_failed",
    /cannot be started: .*tini/,
  ],
  [
    "has bad defaults",
    stepEnded("config", 65, {
      message: "config: /opt/x.json is not a valid JSON object\nconfig: the defaults cannot be used\n",
    }),
    "config_failed",
    /exit code 65.*the defaults cannot be used/,
  ],
  [
    "may not clone",
    stepEnded("workspace", 69, {
      message: "fatal: Authentication failed for 'https://x:y@example.org/r.git/'\nworkspace: git clone failed\n",
    }),
    "clone_failed",
    /Authentication failed for 'https:\/\/example\.org.*credentials/,
  ],
  [
    "has no source branch",
    stepEnded("workspace", 66, { message: "workspace: neither the branch nor its source branch is on the remote" }),
    "clone_failed",
    /Create the source branch/,
  ],
  ["clones more than memory", stepEnded("workspace", 137, { reason: "OOMKilled" }), "sessiond_crashed", /\(2Gi\)/],
  [
    "has a step that cannot start",
    stepEnded("config", 128, {
      reason: "StartError",
      message: 'exec: "/opt/opencode-router/init/config.sh": no such file',
    }),
    "config_failed",
    /cannot be started: .*config\.sh/,
  ],
  [
    "restarts a step, against our will",
    pending([
      container("config", waiting("CrashLoopBackOff", "back-off 10s"), {
        lastState: ended(65, { message: "config: no" }),
      }),
    ]),
    "config_failed",
    /exit code 65/,
  ],
  [
    "has no image",
    configWaits("ImagePullBackOff", 'Back-off pulling image "registry.example.org/session:1": ErrImagePull: not found'),
    "image_pull",
    /cannot be loaded: registry\.example\.org\/session:1: ErrImagePull: not found\. Ask the operator/,
  ],
  ["has an image without a name", configWaits("InvalidImageName"), "image_pull", /InvalidImageName/],
  [
    "has no image of its sidecar",
    pending([container("chromium", waiting("ImagePullBackOff", 'Back-off pulling image "chromium"')), ...initialising]),
    "image_pull",
    /"chromium"/,
  ],
  [
    "refers to a Secret that is not there",
    pending(done, [
      container("sessiond", waiting("CreateContainerConfigError", 'secret "session-0123456789ab" not found')),
    ]),
    "config_failed",
    /secret "session-0123456789ab" not found/,
  ],
  [
    "refers to a config map that is not there",
    configWaits("CreateContainerConfigError", 'configmap "models" not found'),
    "config_failed",
    /configmap "models" not found/,
  ],
  [
    "would run as root",
    configWaits("CreateContainerConfigError", "container has runAsNonRoot and image will run as root"),
    "config_failed",
    /will run as root/,
  ],
  [
    "cannot be run",
    pending(done, [
      container("sessiond", waiting("RunContainerError", "failed to start container: exec format error")),
    ]),
    "config_failed",
    /exec format error/,
  ],
];

describe("a pod that", () => {
  test.each(failures)("%s has failed", (_what, thePod, reason, message) => {
    expect(observe(thePod)).toMatchObject({ phase: "failed", failure: { reason } });
    expect(JSON.stringify(observe(thePod))).not.toContain("x:y@");
    expect((observe(thePod) as { failure: { message: string } }).failure.message).toMatch(message);
    expect(nextLookMs(thePod, T0 + 30_000)).toBeUndefined();
  });

  test.each([
    ...failures.map(([what, thePod]) => [what, thePod] as const),
    ["is ready", up(condition("Ready", "True", 25))] as const,
    ["waits", pod(undefined)] as const,
  ])("%s and is being deleted is stopping", (_what, thePod) => {
    const going = {
      ...thePod,
      metadata: { ...thePod.metadata, deletionTimestamp: at(25), deletionGracePeriodSeconds: 40 },
    };
    expect(observe(going, 84, claim("Lost"))).toEqual({ phase: "stopping" });
    expect(nextLookMs(going, T0)).toBe(85_000);
    const stuck = { reason: "sessiond_crashed", message: expect.stringContaining("does not answer") };
    expect(observe(going, 85)).toEqual({ phase: "stopping", stuck });
    expect(nextLookMs(going, T0 + 85_000)).toBeUndefined();
  });
});
