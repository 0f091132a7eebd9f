import type { V1Container, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { broken } from "../../../test/harness/invariants/objects.ts";
import { podSecurityProblems } from "../../../test/harness/invariants/pod-security.ts";
import type { SessionHash } from "../../contracts/session-hash.ts";
import { secretNameProblem } from "../../contracts/user-secret.ts";
import { Secret } from "../../lib/secret.ts";
import type { SessionSpec } from "../runtime.ts";
import { buildPod } from "./build-pod.ts";
import type { PodOptions } from "./pod-options.ts";

vi.setConfig({ testTimeout: 60_000 });

const containersOf = (spec: V1PodSpec): V1Container[] => [...(spec.initContainers ?? []), ...spec.containers];

/** What the restricted Pod Security Standard, and we, would not let pass. */
function violations({ metadata, spec }: V1Pod): string[] {
  if (!spec) return ["no spec"];
  const { securityContext: context } = spec;
  const ofPod = {
    "has users of its host": spec.hostUsers !== undefined,
    "does not say as whom it runs": !context?.runAsUser || !context.runAsGroup || !context.fsGroup,
    "may be root": context?.runAsNonRoot !== true,
    "gets a token": spec.automountServiceAccountToken !== false,
  };
  return [
    ...podSecurityProblems([{ where: "pod", annotations: metadata?.annotations ?? {}, spec }]),
    ...broken("pod", ofPod),
    ...containersOf(spec).flatMap((container) => broken(container.name, ofContainer(container))),
  ];
}

/** Each container says it all for itself, whatever the pod says. */
const ofContainer = ({ securityContext: context, resources, lifecycle, volumeMounts }: V1Container) => ({
  "leaves its user to the pod": context?.runAsNonRoot !== true,
  "leaves its seccomp profile to the pod": context?.seccompProfile?.type !== "RuntimeDefault",
  "has no resources": !resources?.requests || !resources.limits,
  "has lifecycle hooks": lifecycle,
  "has no /tmp": !volumeMounts?.some(({ mountPath }) => mountPath === "/tmp"),
});

/** What a container's program sees of a variable: https://github.com/kubernetes/kubernetes/tree/master/third_party/forked/golang/expansion */
function expanded(value: string, variables: Record<string, string>): string {
  return value.replaceAll(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) =>
    name === undefined ? "$" : (variables[name] ?? whole),
  );
}

const text = fc.oneof(fc.string(), fc.constantFrom("$(HOME)", "$$(X)", "$", "$$", "$$$(SESSION_HASH)$", "a$b"));
/** Long and unlike anything else, so that finding it in a pod is no accident. */
const secretText = fc.uuid().map((id) => `secret:${id}`);
const secret = secretText.map((value) => new Secret(value));
const hash = fc.stringMatching(/^[0-9a-f]{12}$/).map((value) => value as SessionHash);
const variable = fc.oneof(
  fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/),
  fc.constantFrom("GITHUB_TOKEN", "PATH", "TERM", "HOME", "SESSION_HASH", "WORKSPACE", "SESSIOND_GITHUB_TOKEN"),
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

const anySpec: fc.Arbitrary<SessionSpec> = fc.record({
  hash,
  owner: fc.emailAddress(),
  repoUrl: optional(text),
  branch: optional(text),
  sourceBranch: optional(text),
  initialMessage: optional(secretText),
  sessionKey: secret,
  secrets: fc.dictionary(variable, secret),
  githubToken: optional(secret),
});

const name = fc.stringMatching(/^[a-z]{1,8}$/);
const anyOptions: fc.Arbitrary<PodOptions> = fc.record(
  {
    image: name,
    imagePullSecret: name,
    storageClass: name,
    storageSize: fc.constant("10Gi"),
    runtimeClass: name,
    nodeSelector: fc.dictionary(name, name),
    tolerations: fc.array(fc.record({ key: name })),
    resources: fc.constant({ requests: { cpu: "1" }, limits: { memory: "1Gi" } }),
    sessionEnv: fc.dictionary(variable, text),
    modelsConfigMap: name,
    apiKeySecret: name,
    hasOverrides: fc.boolean(),
    routerUrl: fc.webUrl(),
    portUrlPattern: fc.constant((of: string) => `https://{port}-${of}.example.org/`),
    githubOrigin: fc.webUrl(),
    chromiumImage: name,
  },
  {
    requiredKeys: [
      "image",
      "storageSize",
      "nodeSelector",
      "tolerations",
      "resources",
      "sessionEnv",
      "hasOverrides",
      "routerUrl",
    ],
  },
);

const podOf = (spec: SessionSpec, options: PodOptions) => buildPod(spec, { name: spec.hash, uid: "u" }, options);
const forAll = (check: (spec: SessionSpec, options: PodOptions, pod: V1Pod) => void) =>
  fc.assert(fc.property(anySpec, anyOptions, (spec, options) => void check(spec, options, podOf(spec, options))));

test("every pod passes the restricted profile, whatever the session and the configuration", () => {
  forAll((_spec, _options, pod) => expect(violations(pod)).toEqual([]));
});

test("no secret is in a pod, neither as it is nor encoded", () => {
  forAll((spec, _options, pod) => {
    const json = JSON.stringify(pod);
    const secrets = [spec.sessionKey, spec.githubToken, ...Object.values(spec.secrets)].map((one) => one?.reveal());
    for (const value of [...secrets, spec.initialMessage]) {
      if (value === undefined || value === null) continue;
      expect(json).not.toContain(value);
      expect(json).not.toContain(Buffer.from(value).toString("base64"));
    }
  });
});

test("programs see every value as it is: no variable is put in the place of a part of it", () => {
  forAll((spec, { sessionEnv }, pod) => {
    for (const container of containersOf(pod.spec as V1PodSpec)) {
      const env = container.env ?? [];
      const seen = Object.fromEntries(
        env.flatMap(({ name, value }) =>
          value === undefined ? [] : [[name, expanded(value, { HOME: "/evil", X: "x" })]],
        ),
      );
      const wanted: Record<string, string> =
        container.name === "workspace"
          ? { REPO_URL: spec.repoUrl ?? "", BRANCH: spec.branch ?? "", SOURCE_BRANCH: spec.sourceBranch ?? "" }
          : {};
      expect(seen).toMatchObject(wanted);
      for (const [name, value] of Object.entries(sessionEnv))
        if (name in seen && !(name in wanted) && secretNameProblem(name) === undefined) expect(seen[name]).toBe(value);
    }
  });
});

test("each variable is set once, by the platform only if nobody's secret may be called so", () => {
  forAll((_spec, { sessionEnv }, pod) => {
    for (const { env = [], name: container } of containersOf(pod.spec as V1PodSpec)) {
      const names = env.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      const free = names.filter((name) => secretNameProblem(name) === undefined && !(name in sessionEnv));
      expect(free).toEqual(container === "workspace" && !("GITHUB_TOKEN" in sessionEnv) ? ["GITHUB_TOKEN"] : []);
    }
  });
});

test("a person's secret outranks the operator's variable; the session's own variables outrank both", () => {
  forAll((spec, { sessionEnv }, pod) => {
    const env = pod.spec?.containers[0]?.env ?? [];
    const given = Object.keys(sessionEnv).filter((name) => env.some((one) => one.name === name));
    expect(given.filter((name) => name in spec.secrets && secretNameProblem(name) === undefined)).toEqual([]);
    expect(env.find(({ name }) => name === "SESSION_HASH")?.value).toBe(spec.hash);
    expect(env.some(({ name }) => name === "HOME" || name === "WORKSPACE")).toBe(false);
  });
});

test("what is mounted is there", () => {
  forAll((_spec, _options, pod) => {
    const volumes = pod.spec?.volumes?.map(({ name }) => name) ?? [];
    const mounted = containersOf(pod.spec as V1PodSpec).flatMap(({ volumeMounts = [] }) =>
      volumeMounts.map(({ name }) => name),
    );
    expect(new Set(mounted)).toEqual(new Set(volumes));
  });
});

describe("the profile does not let pass", () => {
  const [spec, options] = fc.sample(fc.tuple(anySpec, anyOptions), { numRuns: 1, seed: 1 })[0] as [
    SessionSpec,
    PodOptions,
  ];
  test.each<[string, (spec: V1PodSpec) => void]>([
    ["pod: has users of its host", (pod) => (pod.hostUsers = true)],
    ["pod: is in a namespace of its host", (pod) => (pod.hostNetwork = true)],
    ["pod: may be root", (pod) => delete pod.securityContext?.runAsNonRoot],
    ["pod: does not say as whom it runs", (pod) => delete pod.securityContext?.fsGroup],
    ["pod: gets a token", (pod) => (pod.automountServiceAccountToken = true)],
    [
      "pod: has a volume of a kind that is not allowed",
      (pod) => pod.volumes?.push({ name: "host", hostPath: { path: "/" } }),
    ],
    ["pod: has an emptyDir without a limit", (pod) => pod.volumes?.push({ name: "big", emptyDir: {} })],
    [
      "config: leaves its seccomp profile to the pod",
      (pod) => delete pod.initContainers?.find(({ name }) => name === "config")?.securityContext?.seccompProfile,
    ],
    [
      "workspace: has no resources",
      (pod) => delete pod.initContainers?.find(({ name }) => name === "workspace")?.resources,
    ],
    ["pod, container sessiond: keeps capabilities", (pod) => delete pod.containers[0]?.securityContext?.capabilities],
  ])("%s", (expected, damage) => {
    const pod = JSON.parse(JSON.stringify(podOf(spec, options))) as V1Pod;
    damage(pod.spec as V1PodSpec);
    expect(violations(pod)).toEqual([expected]);
  });
});
