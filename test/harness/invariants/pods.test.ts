import { describe, expect, test } from "vitest";
import { sampleSettings } from "../sample-stacks.ts";
import { mutable, type MutatedStack } from "./mutated-stack.ts";
import { stackProblems } from "./stack-problems.ts";

type Case = [sentence: string, damage: (stack: MutatedStack) => void];

const noticed = (cases: readonly Case[]) =>
  test.each(cases)("%s", async (sentence, damage) => {
    const stack = await mutable("oidc-and-redis");
    damage(stack);
    expect(stackProblems(stack, sampleSettings("oidc-and-redis"))).toEqual([sentence]);
  });

const ROUTER = "Deployment opencode-system/router";
const CONTAINER = `${ROUTER}, container router`;
const pod = (sentence: string, damage: (spec: ReturnType<MutatedStack["pod"]>) => void): Case => [
  `${ROUTER}: ${sentence}`,
  (stack) => damage(stack.pod("Deployment router")),
];
const container = (sentence: string, damage: (container: ReturnType<MutatedStack["container"]>) => void): Case => [
  `${CONTAINER}: ${sentence}`,
  (stack) => damage(stack.container("Deployment router")),
];

describe("a pod that is not restricted is noticed:", () => {
  noticed([
    pod("is in a namespace of its host", (spec) => (spec.hostNetwork = true)),
    pod("is in a namespace of its host", (spec) => (spec.hostPID = true)),
    pod("is in a namespace of its host", (spec) => (spec.hostIPC = true)),
    pod("runs as root", (spec) => (spec.securityContext.runAsUser = 0)),
    pod("chooses its SELinux label", (spec) => (spec.securityContext.seLinuxOptions = { type: "spc_t" })),
    pod("changes a sysctl", (spec) => (spec.securityContext.sysctls = [{ name: "kernel.msgmax", value: "1" }])),
    pod("is a process of a Windows host", (spec) => (spec.securityContext.windowsOptions = { hostProcess: true })),
    pod("is unconfined by AppArmor", (spec) => (spec.securityContext.appArmorProfile = { type: "Unconfined" })),
    pod("gets variables of all Services", (spec) => delete spec.enableServiceLinks),
    pod("has an emptyDir without a limit", (spec) => {
      spec.volumes.find((one: { name: string }) => one.name === "tmp").emptyDir = {};
    }),
    pod("has a volume of a kind that is not allowed", (spec) => {
      const tmp = spec.volumes.find((one: { name: string }) => one.name === "tmp");
      delete tmp.emptyDir;
      tmp.hostPath = { path: "/tmp" };
    }),
    [
      `${ROUTER}: does without AppArmor`,
      (stack) => {
        const { metadata } = stack.object("Deployment router").spec.template;
        metadata.annotations["container.apparmor.security.beta.kubernetes.io/router"] = "unconfined";
      },
    ],
    container("is privileged", ({ securityContext }) => (securityContext.privileged = true)),
    container("may gain privileges", ({ securityContext }) => delete securityContext.allowPrivilegeEscalation),
    container("keeps capabilities", ({ securityContext }) => (securityContext.capabilities.drop = ["NET_RAW"])),
    container("has capabilities", ({ securityContext }) => (securityContext.capabilities.add = ["NET_BIND_SERVICE"])),
    container("may be root", ({ securityContext }) => (securityContext.runAsNonRoot = false)),
    container("runs as root", ({ securityContext }) => (securityContext.runAsUser = 0)),
    container("has no seccomp profile", ({ securityContext }) => (securityContext.seccompProfile.type = "Unconfined")),
    container("shows /proc unmasked", ({ securityContext }) => (securityContext.procMount = "Unmasked")),
    container("takes a port of its host", ({ ports }) => (ports[0].hostPort = 3000)),
    container("can write to its root", ({ securityContext }) => delete securityContext.readOnlyRootFilesystem),
    [
      `${ROUTER}, init container first: keeps capabilities`,
      (stack) => {
        const { ports: _ports, ...first } = structuredClone(stack.container("Deployment router"));
        for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) delete first[probe];
        first.securityContext.capabilities = {};
        stack.pod("Deployment router").initContainers = [{ ...first, name: "first" }];
      },
    ],
  ]);

  test("a token for the API server, which is given to whoever does not say that it wants none", async () => {
    const stack = await mutable("oidc-and-redis");
    delete stack.pod("Deployment traefik").automountServiceAccountToken;
    const where = "Deployment opencode-edge/traefik";
    expect(stackProblems(stack, sampleSettings("oidc-and-redis"))).toEqual(
      expect.arrayContaining([
        `${where}: does not say whether it gets a token`,
        `${where}: gets a token for the API server`,
      ]),
    );
  });
});

describe("a container that does not run as it should is noticed:", () => {
  noticed([
    container("the image x/router:latest is another one tomorrow", (one) => (one.image = "x/router:latest")),
    container("the image x:5000/router is another one tomorrow", (one) => (one.image = "x:5000/router")),
    container("requests no CPU", ({ resources }) => delete resources.requests.cpu),
    container("requests no memory", ({ resources }) => delete resources.requests.memory),
    container("has no limit of memory", ({ resources }) => delete resources.limits.memory),
    container("has no livenessProbe", (one) => delete one.livenessProbe),
    container("has no readinessProbe", (one) => delete one.readinessProbe),
    container("its readinessProbe asks port web, which it does not have", (one) => {
      one.readinessProbe.httpGet.port = "web";
    }),
    container('"x_y" is not the name of a port', ({ ports }) =>
      ports.push({ name: "x_y", containerPort: 3001, protocol: "UDP" }),
    ),
    container("has a port twice", ({ ports }) => ports.push({ name: "again", containerPort: 3001, protocol: "TCP" })),
    container("sets LOG_LEVEL twice", ({ env }) => env.push({ name: "LOG_LEVEL", value: "info" })),
    pod("sleeps for longer before its end than it has for it", (spec) => (spec.terminationGracePeriodSeconds = 5)),
    [
      "Deployment opencode-edge/traefik: runs all of its replicas on one node, if it comes so",
      (stack) => delete stack.pod("Deployment traefik").topologySpreadConstraints,
    ],
  ]);
});

describe("something that is not there is noticed:", () => {
  noticed([
    [
      "Deployment opencode-edge/oauth2-proxy: Secret oauth2-proxy has no cookie-secret",
      (stack) => delete stack.object("Secret oauth2-proxy").data["cookie-secret"],
    ],
    ["Deployment opencode-edge/traefik: there is no ConfigMap traefik", (stack) => stack.remove("ConfigMap traefik")],
    [
      "Deployment opencode-edge/traefik: there is no ConfigMap traefik",
      (stack) => (stack.object("ConfigMap traefik").metadata.namespace = "opencode-system"),
    ],
    [
      `${ROUTER}: there is no PersistentVolumeClaim router-data`,
      (stack) => stack.remove("PersistentVolumeClaim router-data"),
    ],
    [
      "Deployment opencode-edge/traefik: there is no ServiceAccount traefik",
      (stack) => stack.remove("ServiceAccount traefik"),
    ],
    pod("there is no Secret pull", (spec) => (spec.imagePullSecrets = [{ name: "pull" }])),
    pod("nobody mounts the volume more", (spec) => spec.volumes.push({ name: "more", emptyDir: { sizeLimit: "1Mi" } })),
    container("mounts more, which is no volume", (one) => one.volumeMounts.push({ name: "more", mountPath: "/more" })),
    container("mounts two volumes at one path", (one) => one.volumeMounts.push({ name: "tmp", mountPath: "/data" })),
  ]);
});
