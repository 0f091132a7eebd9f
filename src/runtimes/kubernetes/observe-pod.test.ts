import type { V1Pod } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import {
  T0,
  MINUTE,
  pod,
  claim,
  condition,
  scheduled,
  unscheduled,
  container,
  waiting,
  running,
  ended,
  initialising,
  done,
  pending,
  up,
} from "../../../test/runtime/pod-statuses.ts";
import { nextLookMs, observePod } from "./observe-pod.ts";

const observe = (
  thePod: V1Pod | undefined,
  seconds = 30,
  theClaim: { status: { phase: string } } | undefined = claim("Bound"),
) => observePod(thePod, theClaim, T0 + seconds * 1000);

describe("a start", () => {
  const FIT =
    "0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.";
  test.each<[string, V1Pod, string]>([
    ["has just been asked for", pod(undefined), "scheduling"],
    ["has an empty status", pod({}), "scheduling"],
    ["is pending", pod({ phase: "Pending" }), "scheduling"],
    ["has no node yet", pod({ phase: "Pending", conditions: [unscheduled(FIT)] }), "scheduling"],
    ["has a node", pod({ phase: "Pending", conditions: [scheduled] }), "pulling"],
    ["waits for its image", pending(initialising), "pulling"],
    [
      "had one failure with its image",
      pending([container("config", waiting("ErrImagePull", "rpc error: 503"))]),
      "pulling",
    ],
    [
      "waits for a busy kubelet",
      pending([
        container(
          "config",
          waiting("CreateContainerConfigError", "failed to sync secret cache: timed out waiting for the condition"),
        ),
      ]),
      "pulling",
    ],
    ["writes its configuration", pending([container("config", running(2))]), "configuring"],
    [
      "is between its steps",
      pending([container("config", ended(0)), container("workspace", waiting("PodInitializing"))]),
      "cloning",
    ],
    ["clones", pending([container("config", ended(0)), container("workspace", running(11))]), "cloning"],
    ["has cloned", pending(done), "booting"],
    ["runs but is not ready", up(condition("Ready", "False", 1, { reason: "ContainersNotReady" })), "booting"],
    ["is ready but has no address", up(condition("Ready", "True", 25), { podIP: "" }), "booting"],
    [
      "pulls its second image",
      pending([container("chromium", waiting("ContainerCreating")), ...initialising]),
      "pulling",
    ],
  ])("that %s", (_what, thePod, stage) => {
    expect(observe(thePod)).toEqual({ phase: "starting", stage });
  });
});

describe("a session runs", () => {
  test("when it is ready", () => {
    expect(observe(up(condition("Ready", "True", 25)))).toEqual({ phase: "running" });
  });
  test("while opencode is restarted after that", () => {
    expect(observe(up(condition("Ready", "False", 300, { reason: "ContainersNotReady" })), 301)).toEqual({
      phase: "running",
    });
  });
  test("though its sidecar's image is gone", () => {
    const initContainerStatuses = [container("chromium", waiting("ImagePullBackOff")), ...done];
    expect(observe(up(condition("Ready", "True", 25), { initContainerStatuses }))).toEqual({ phase: "running" });
  });
});

test("no pod: absent", () => {
  expect(observe(undefined)).toEqual({ phase: "absent" });
});

test("a lost volume is a failure while starting, not of a session that runs", () => {
  expect(observe(pending(initialising), 30, claim("Lost"))).toMatchObject({
    phase: "failed",
    failure: { reason: "volume" },
  });
  expect(observe(up(condition("Ready", "True", 25)), 30, claim("Lost"))).toEqual({ phase: "running" });
});

describe("the time limit of", () => {
  const notScheduled = (message: string) => pod({ phase: "Pending", conditions: [unscheduled(message)] });
  test.each<[string, { thePod: V1Pod; phase?: string; since: number; limit: number; reason: string; message: RegExp }]>(
    [
      [
        "a cluster without room",
        {
          thePod: notScheduled(
            "0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No victims.",
          ),
          since: 0,
          limit: 2 * MINUTE,
          reason: "unschedulable",
          message: /take the session: 0\/3 nodes are available: 3 Insufficient memory\. Stop sessions/,
        },
      ],
      [
        "a node selector that fits none",
        {
          thePod: notScheduled(
            "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: none",
          ),
          phase: "Pending",
          since: 0,
          limit: 2 * MINUTE,
          reason: "unschedulable",
          message: /affinity\/selector/,
        },
      ],
      [
        "a scheduler that says nothing",
        {
          thePod: pod(undefined),
          since: 0,
          limit: 2 * MINUTE,
          reason: "unschedulable",
          message: /^No machine of the cluster can take the session\. /,
        },
      ],
      [
        "a volume that is not made",
        {
          thePod: notScheduled(
            "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
          ),
          phase: "Pending",
          since: 0,
          limit: 2 * MINUTE,
          reason: "volume",
          message: /not available: .*unbound immediate PersistentVolumeClaims/,
        },
      ],
      [
        "a volume without a word",
        {
          thePod: pod({ phase: "Pending" }),
          phase: "Pending",
          since: 0,
          limit: 2 * MINUTE,
          reason: "volume",
          message: /^The session's volume is not available\. /,
        },
      ],
      [
        "a volume elsewhere",
        {
          thePod: notScheduled("0/2 nodes are available: 2 node(s) had volume node affinity conflict."),
          since: 0,
          limit: 2 * MINUTE,
          reason: "volume",
          message: /affinity conflict/,
        },
      ],
      [
        "no room where the volume is",
        {
          thePod: notScheduled(
            "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had volume node affinity conflict.",
          ),
          since: 0,
          limit: 2 * MINUTE,
          reason: "unschedulable",
          message: /Insufficient cpu/,
        },
      ],
      [
        "a node that does not begin",
        {
          thePod: pending([container("config", waiting("PodInitializing"))]),
          since: 1,
          limit: 10 * MINUTE,
          reason: "timeout",
          message: /not begun with it after 10 minutes/,
        },
      ],
      [
        "configuring",
        {
          thePod: pending([container("config", running(2))]),
          since: 2,
          limit: 5 * MINUTE,
          reason: "timeout",
          message: /configuration took too long/,
        },
      ],
      [
        "cloning",
        {
          thePod: pending([container("config", ended(0)), container("workspace", running(11))]),
          since: 11,
          limit: 15 * MINUTE,
          reason: "timeout",
          message: /Cloning the repository took too long/,
        },
      ],
      [
        "booting",
        {
          thePod: up(condition("Ready", "False", 1)),
          since: 21,
          limit: 10 * MINUTE,
          reason: "timeout",
          message: /not ready after 600 seconds/,
        },
      ],
    ],
  )("%s", (_what, { thePod, phase = "Bound", since, limit, reason, message }) => {
    const end = since + limit;
    expect(observe(thePod, end - 1, claim(phase))).toMatchObject({ phase: "starting" });
    expect(nextLookMs(thePod, T0 + (end - 1) * 1000)).toBe(1000);
    const late = observe(thePod, end, claim(phase));
    expect(late).toMatchObject({ phase: "failed", failure: { reason } });
    expect((late as { failure: { message: string } }).failure.message).toMatch(message);
    expect(nextLookMs(thePod, T0 + end * 1000)).toBeUndefined();
  });
});
