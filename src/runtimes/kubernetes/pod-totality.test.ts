import type { V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FAILURE_REASONS, START_STAGES, type Failure } from "../../contracts/session.ts";
import type { Observed } from "../runtime.ts";
import { nextLookMs, observePod } from "./observe-pod.ts";

const NOW = Date.parse("2026-03-01T10:00:00Z");

/** Anything may be missing, null, or of a later version of Kubernetes. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 4 });
const partly = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { requiredKeys: [] });

const word = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "Evicted",
    "NodeLost",
    "OOMKilled",
    "StartError",
    "ImagePullBackOff",
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "ContainerStatusUnknown",
    "ContainerCreating",
    "OutOfmemory",
  ),
);
const time = fc.oneof(
  fc.integer({ min: NOW - 2_000_000, max: NOW + 1000 }).map((ms) => new Date(ms).toISOString()),
  fc.constantFrom("", "yesterday", null),
);
const ended = partly({
  exitCode: fc.constantFrom(0, 1, 66, 137),
  reason: word,
  message: fc.string(),
  startedAt: time,
  finishedAt: time,
});
const state = maybe(
  partly({
    waiting: maybe(partly({ reason: word, message: fc.string() })),
    running: maybe(partly({ startedAt: time })),
    terminated: maybe(ended),
  }),
);
const containers = (...names: string[]) =>
  maybe(
    fc.oneof(
      fc.constant(null),
      fc.array(partly({ name: fc.constantFrom(...names, "other"), ready: fc.boolean(), state, lastState: state }), {
        maxLength: 4,
      }),
    ),
  );
const condition = partly({
  type: fc.constantFrom("Ready", "PodScheduled", "DisruptionTarget", "Other"),
  status: fc.constantFrom("True", "False", "Unknown"),
  reason: word,
  message: fc.string(),
  lastTransitionTime: time,
});
const anyPod = partly({
  metadata: partly({ creationTimestamp: time, deletionTimestamp: maybe(time) }),
  status: maybe(
    partly({
      phase: fc.constantFrom("Pending", "Running", "Succeeded", "Failed", "Unknown", "Later"),
      reason: word,
      message: fc.string(),
      podIP: fc.constantFrom("", "10.0.0.1"),
      conditions: maybe(fc.array(condition)),
      initContainerStatuses: containers("config", "workspace", "chromium"),
      containerStatuses: containers("sessiond"),
    }),
  ),
}) as fc.Arbitrary<unknown> as fc.Arbitrary<V1Pod>;
const anyClaim = maybe(
  partly({ status: maybe(partly({ phase: fc.constantFrom("Pending", "Bound", "Lost") })) }),
) as fc.Arbitrary<V1PersistentVolumeClaim | undefined>;

const failureIn = (observed: Observed): Failure | undefined =>
  observed.phase === "failed" ? observed.failure : observed.phase === "stopping" ? observed.stuck : undefined;

const OPTIONS = { numRuns: 1000 };
const TIMEOUT_MS = 60_000;

test(
  "every pod can be read, and a failure always has a reason and a sentence",
  () => {
    fc.assert(
      fc.property(anyPod, anyClaim, (pod, claim) => {
        const observed = observePod(pod, claim, NOW);
        if (pod.metadata?.deletionTimestamp) expect(observed.phase).toBe("stopping");
        if (observed.phase === "starting") expect(START_STAGES).toContain(observed.stage);
        const failure = failureIn(observed);
        if (failure === undefined) return;
        expect(FAILURE_REASONS).toContain(failure.reason);
        expect(failure.message).toMatch(/^(?:[A-Z]|opencode ).*[.!?…]$/s);
      }),
      OPTIONS,
    );
  },
  TIMEOUT_MS,
);

test(
  "a pod says the same until the next look, and something else then",
  () => {
    fc.assert(
      fc.property(anyPod, (pod) => {
        const waitMs = nextLookMs(pod, NOW);
        const observed = observePod(pod, undefined, NOW);
        if (waitMs === undefined) {
          expect(observePod(pod, undefined, NOW + 1e9)).toEqual(observed);
          return;
        }
        expect(waitMs).toBeGreaterThan(0);
        expect(observePod(pod, undefined, NOW + waitMs - 1)).toEqual(observed);
        expect(failureIn(observePod(pod, undefined, NOW + waitMs))).toBeDefined();
      }),
      OPTIONS,
    );
  },
  TIMEOUT_MS,
);
