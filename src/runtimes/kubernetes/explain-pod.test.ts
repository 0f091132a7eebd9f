import { expect, test } from "vitest";
import { explainImagePull, explainRefusal, explainUnconfirmed } from "./explain-pod.ts";

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

const IMAGE = `registry.example.org/${"long/".repeat(20)}session:1`;
const NOT_PULLED = `Back-off pulling image "${IMAGE}": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "${IMAGE}": failed to resolve reference "${IMAGE}": `;

test.each([
  [`${NOT_PULLED}${IMAGE}: not found`, `${IMAGE}: not found.`],
  [`${NOT_PULLED}failed to authorize: 403 Forbidden`, `${IMAGE}: failed to authorize: 403 Forbidden.`],
  ['Back-off pulling image "session:1"', 'Back-off pulling image "session:1".'],
  ["no space", "no space."],
  ["", "ImagePullBackOff."],
])("an image that cannot be loaded is named once, and the cause is not cut off: %s", (message, words) => {
  const said = explainImagePull({ reason: "ImagePullBackOff", message }).message;
  expect(said).toMatch(/^The session's image cannot be loaded: .* Ask the operator/);
  expect(said).toContain(`loaded: ${words} Ask`);
});
