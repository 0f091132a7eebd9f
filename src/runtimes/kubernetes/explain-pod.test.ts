import { expect, test } from "vitest";
import { explainRefusal, explainUnconfirmed } from "./explain-pod.ts";

test.each([
  [
    "quota",
    'pods "session-0123456789ab" is forbidden: exceeded quota: sessions, requested: pods=1, used: pods=50, limited: pods=50',
    "unschedulable",
    /^The cluster has no room for the session: pods .* limited: pods=50\. Stop sessions .* larger quota\.$/,
  ],
  [
    "forbidden",
    'pods "session-0123456789ab" is forbidden: violates PodSecurity "restricted:latest": seccompProfile',
    "config_failed",
    /^The cluster refused the session: pods .* seccompProfile\. Ask the operator/,
  ],
  [
    "invalid",
    'Pod "session-0123456789ab" is invalid: spec.containers[0].image: Required value',
    "config_failed",
    /^The cluster refused the session: Pod .* Required value\. Ask the operator/,
  ],
] as const)(
  "an answer of the kind %s is told in the server's words, with what to do",
  (kind, message, reason, words) => {
    const failure = explainRefusal({ kind, message });
    expect(failure.reason).toBe(reason);
    expect(failure.message).toMatch(words);
  },
);

test.each([
  [{ spec: { containers: [], nodeName: "node-1" } }, /^The machine .* \(node-1\) does not answer\. The session starts/],
  [{}, /^The machine that the session ran on does not answer\. /],
  [
    { metadata: { finalizers: ["example.org/keep", "example.org/hold"] } },
    /keeps its pod: finalizers example\.org\/keep, example\.org\/hold\. The session starts/,
  ],
])("a pod that should be gone and is not says who keeps it", (pod, words) => {
  expect(explainUnconfirmed(pod)).toMatchObject({ reason: "sessiond_crashed", message: expect.stringMatching(words) });
});
