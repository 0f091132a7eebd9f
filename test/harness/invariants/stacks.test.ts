import { describe, expect, test } from "vitest";
import { MARK } from "../marked-secrets.ts";
import { sampleSettings, type SampleStack } from "../sample-stacks.ts";
import { mutable, type MutatedStack } from "./mutated-stack.ts";
import { stackProblems } from "./stack-problems.ts";

type Case = [sentence: string, damage: (stack: MutatedStack) => void];

const noticed = (name: SampleStack, cases: readonly Case[]) =>
  test.each(cases)("%s", async (sentence, damage) => {
    const stack = await mutable(name);
    damage(stack);
    const problems = stackProblems(stack, sampleSettings(name));
    // Whom a changed policy lets through is another sentence for each.
    expect(problems.filter((problem) => !problem.endsWith(", and should not be"))).toEqual([sentence]);
  });

const MANY = "load-balancer-and-postgresql";
const SYSTEM = "opencode-system";

describe("a selector that fits nothing, or too much, is noticed:", () => {
  noticed(MANY, [
    [
      `Service ${SYSTEM}/postgres: selects 0 kinds of pods, not one`,
      (stack) => (stack.object("Service postgres").spec.selector["app.kubernetes.io/name"] = "mysql"),
    ],
    [
      `Service ${SYSTEM}/postgres: leads to port web, which its pods do not have`,
      (stack) => (stack.object("Service postgres").spec.ports[0].targetPort = "web"),
    ],
    [
      `PodDisruptionBudget ${SYSTEM}/router: keeps 3 of 3 pods, so that no node can be drained`,
      (stack) =>
        (stack.object("PodDisruptionBudget router").spec = {
          ...stack.object("PodDisruptionBudget router").spec,
          maxUnavailable: 0,
        }),
    ],
    [
      `Deployment ${SYSTEM}/router: has no disruption budget for its several pods`,
      (stack) => stack.remove("PodDisruptionBudget router"),
    ],
    [
      `PodDisruptionBudget ${SYSTEM}/postgres: keeps 1 of 1 pods, so that no node can be drained`,
      (stack) =>
        stack.add("PodDisruptionBudget router", (budget) => {
          budget.metadata.name = "postgres";
          budget.spec.selector.matchLabels["app.kubernetes.io/name"] = "postgres";
        }),
    ],
    [
      `HorizontalPodAutoscaler ${SYSTEM}/router: Deployment ${SYSTEM}/router has a number of replicas, which each \`up\` would set back`,
      (stack) => (stack.object("Deployment router").spec.replicas = 3),
    ],
    [
      `ServiceMonitor ${SYSTEM}/router: port metrics is of 0 Services`,
      (stack) => (stack.object("ServiceMonitor router").spec.endpoints[0].port = "metrics"),
    ],
    [
      `Deployment ${SYSTEM}/router: does not select its own pods`,
      (stack) => (stack.object("Deployment router").spec.selector.matchLabels.version = "1"),
    ],
  ]);
});

describe("a policy that is about nobody, or too much, is noticed:", () => {
  noticed(MANY, [
    [
      "Namespace opencode-sessions: does not refuse what no policy allows",
      (stack) => {
        const deny = stack.resources.find(({ name }) => name === "sessions-default-deny");
        stack.resources.splice(stack.resources.indexOf(deny as never), 1);
      },
    ],
    [
      "NetworkPolicy opencode-sessions/sessions: lets others reach port 4200, which its pods do not have",
      (stack) => stack.object("NetworkPolicy sessions").spec.ingress.push({ ports: [{ protocol: "TCP", port: 4200 }] }),
    ],
    [
      "NetworkPolicy opencode-sessions/sessions: has an empty list, which allows everything",
      (stack) => stack.object("NetworkPolicy sessions").spec.egress.push({ to: [] }),
    ],
    [
      `StatefulSet ${SYSTEM}/postgres: nobody may reach its port 5432`,
      (stack) => (stack.object("NetworkPolicy postgres").spec.ingress = []),
    ],
    [
      `NetworkPolicy ${SYSTEM}/mysql: selects nothing`,
      (stack) =>
        stack.add("NetworkPolicy postgres", (policy) => {
          policy.metadata.name = "mysql";
          policy.spec.podSelector.matchLabels["app.kubernetes.io/name"] = "mysql";
        }),
    ],
  ]);
});

test("a connection between pods that is in no table, and one that is missing, are noticed", async () => {
  const stack = await mutable(MANY);
  const { egress } = stack.object("NetworkPolicy sessions").spec;
  egress.push({ to: [{ namespaceSelector: {} }] });
  stack.object("NetworkPolicy router").spec.ingress = stack
    .object("NetworkPolicy router")
    .spec.ingress.filter(({ ports }: { ports: { port: number }[] }) => ports[0]?.port !== 3001);
  const problems = stackProblems(stack, sampleSettings(MANY));
  expect(problems).toContain("opencode-session → traefik:8000 is allowed, and should not be");
  expect(problems).toContain("opencode-session → router:3001 is refused, and should not be");
});

describe("an object that is not where it belongs is noticed:", () => {
  noticed(MANY, [
    [
      "PriorityClass high: is in no namespace of ours",
      (stack) =>
        stack.add("ResourceQuota sessions", (object) => {
          object.kind = "PriorityClass";
          object.metadata.name = "high";
          delete object.metadata.namespace;
        }),
    ],
    [
      `Service ${SYSTEM}/router: does not say by its labels whose it is`,
      (stack) => delete stack.object("Service router").metadata.labels["app.kubernetes.io/instance"],
    ],
    ["v1 Service opencode-system/router: is there twice", (stack) => stack.add("Service router", () => {})],
    [
      "Namespace opencode-edge: admits pods that are not restricted",
      (stack) =>
        (stack.object("Namespace opencode-edge").metadata.labels["pod-security.kubernetes.io/enforce"] = "baseline"),
    ],
    [
      "Namespace opencode-sessions: would take people's work with it",
      (stack) => Object.assign(stack.find("Namespace opencode-sessions").options, { retainOnDelete: false }),
    ],
    [
      "NetworkPolicy opencode-sessions/default-deny: would leave sessions that outlive the stack open to each other",
      (stack) => {
        const policy = stack.resources.find(({ name }) => name === "sessions-default-deny");
        Object.assign(policy?.options ?? {}, { retainOnDelete: false });
      },
    ],
    [
      `PersistentVolumeClaim ${SYSTEM}/postgres-data: would be removed by a mistake`,
      (stack) => Object.assign(stack.find("PersistentVolumeClaim postgres-data").options, { protect: false }),
    ],
    [
      `Deployment ${SYSTEM}/router: does not wait for the network policies`,
      (stack) => Object.assign(stack.find("Deployment router"), { asked: 1 }),
    ],
    [
      `Service ${SYSTEM}/router: is made in whatever cluster is the current one`,
      (stack) => Object.assign(stack.find("Service router").options, { provider: "" }),
    ],
  ]);
});

describe("a right that is not in the router's table is noticed:", () => {
  noticed(MANY, [
    [
      "Role opencode-sessions/router: is not the router's table",
      (stack) => stack.object("Role router").rules[3].verbs.push("patch"),
    ],
    [
      "RoleBinding opencode-sessions/router: is for somebody else than the router",
      (stack) => (stack.object("RoleBinding router").subjects[0].name = "traefik"),
    ],
    [
      `Deployment opencode-edge/traefik: gets a token for the API server`,
      (stack) => (stack.pod("Deployment traefik").automountServiceAccountToken = true),
    ],
    [
      "ServiceAccount opencode-edge/traefik: gives its token to every pod that does not refuse it",
      (stack) => delete stack.object("ServiceAccount traefik").automountServiceAccountToken,
    ],
  ]);
});

describe("a secret that shows is noticed:", () => {
  const ROUTER = `Deployment ${SYSTEM}/router`;
  const annotate = (text: string) => (stack: MutatedStack) => {
    stack.object("Deployment router").metadata.annotations = { note: text };
  };
  test.each([
    ["as it is", `x ${MARK}-client y`],
    ["in base64", Buffer.from(`user:${MARK}-client`).toString("base64")],
  ])("in an annotation, %s", async (_, text) => {
    const stack = await mutable(MANY);
    annotate(text)(stack);
    expect(stackProblems(stack, sampleSettings(MANY))).toEqual([
      `${ROUTER}: metadata.annotations.note is a secret that Pulumi shows`,
      `${ROUTER}: metadata.annotations.note is a secret that the cluster shows`,
    ]);
  });
  test("in an argument, though Pulumi keeps it", async () => {
    const stack = await mutable(MANY);
    stack.container("Deployment traefik").args.push(`--secret=${MARK}`);
    Object.assign(stack.find("Deployment traefik"), { secretPaths: [["spec"]] });
    expect(stackProblems(stack, sampleSettings(MANY))).toEqual([
      "Deployment opencode-edge/traefik: spec.template.spec.containers.0.args.1 is a secret that the cluster shows",
    ]);
  });
  test("in a Secret that Pulumi shows", async () => {
    const stack = await mutable(MANY);
    Object.assign(stack.find("Secret oauth2-proxy"), { secretPaths: [] });
    expect(stackProblems(stack, sampleSettings(MANY))).toEqual([
      "Secret opencode-edge/oauth2-proxy: data.client-secret is a secret that Pulumi shows",
      "Secret opencode-edge/oauth2-proxy: data.cookie-secret is a secret that Pulumi shows",
    ]);
  });
  test("in an output of the stack, and in a warning", async () => {
    const stack = await mutable(MANY);
    const leak = { of: "", outputs: { admin: MARK }, secretPaths: [["admin"]], dependencies: [] };
    const outputs = [...stack.outputs, leak];
    expect(stackProblems({ ...stack, outputs, warnings: [`Is ${MARK} right?`] }, sampleSettings(MANY))).toEqual([
      "the stack: its output admin is a secret",
      "the stack: its output admin came from a secret",
      "a warning or error tells a secret",
    ]);
  });
});
