import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { roleRules } from "../../contracts/router-rights.ts";
import { markedBytes } from "../../../test/harness/marked-secrets.ts";
import { mockPart } from "../../../test/harness/mock-part.ts";
import { REVISION } from "../objects/revision.ts";
import { Secrets } from "../secrets.ts";
import { read } from "../settings/stack.fixture.ts";
import { Router } from "./component.ts";

const MANY = { "database.kind": "deploy", "router.replicas": "2" };
const URL = "postgres://router:geheim@postgres/router";

type Use = (edgeSecret: pulumi.Output<string>) => void;
const up = (given: Readonly<Record<string, string>> = {}, use?: Use) =>
  mockPart(() => {
    const settings = read(given);
    const args = {
      settings,
      namespace: settings.namespaces.system,
      sessionsNamespace: settings.namespaces.sessions,
      secrets: new Secrets("secrets", settings),
      databaseUrl: settings.database.kind === "embedded" ? undefined : pulumi.secret(URL),
      imagePullSecret: settings.imagePullSecret === undefined ? undefined : "image-pull",
    };
    const { edgeSecret } = new Router("router", args);
    use?.(edgeSecret);
    return edgeSecret;
  });

const DEPLOYMENT = "apps/v1:Deployment";
type Up = Awaited<ReturnType<typeof up>>;
const specOf = (stack: Up) => stack.one(DEPLOYMENT).inputs["spec"] as { template: { metadata: object; spec: object } };
const pod = (stack: Up) => specOf(stack).template;
const revision = (of: Up) => (pod(of).metadata as { annotations: Record<string, string> }).annotations[REVISION];

test("one router with its own database is a pod with a volume that is never there twice", async () => {
  const stack = await up();
  expect(stack.list.filter((line) => !line.startsWith("random"))).toEqual([
    "apps/v1:Deployment router",
    "core/v1:PersistentVolumeClaim router-data",
    "core/v1:Secret router",
    "core/v1:Service router",
    "core/v1:Service router-attach",
    "core/v1:Service router-internal",
    "core/v1:ServiceAccount router",
    "rbac.authorization.k8s.io/v1:Role router",
    "rbac.authorization.k8s.io/v1:RoleBinding router",
  ]);
  expect(specOf(stack)).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
  const claim = stack.one("core/v1:PersistentVolumeClaim");
  expect(claim.options).toMatchObject({ protect: true, retainOnDelete: false });
  expect(claim.inputs).toMatchObject({
    metadata: { namespace: "opencode-system", annotations: { "pulumi.com/skipAwait": "true" } },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "5Gi" } } },
  });
  expect(pod(stack).spec).toMatchObject({
    volumes: [
      { name: "data", persistentVolumeClaim: { claimName: "router-data" } },
      { name: "secrets" },
      { name: "tmp" },
    ],
  });
});

test("routers with a database elsewhere follow each other without a gap, and keep nothing", async () => {
  const stack = await up(MANY);
  expect(stack.list).not.toContain("core/v1:PersistentVolumeClaim router-data");
  expect(specOf(stack)).toMatchObject({
    replicas: 2,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
  });
  expect(pod(stack).spec).toMatchObject({ volumes: [{ name: "data", emptyDir: { sizeLimit: "1Gi" } }, {}, {}] });
  expect(stack.one("policy/v1:PodDisruptionBudget").inputs["spec"]).toEqual({
    maxUnavailable: 1,
    selector: { matchLabels: { "app.kubernetes.io/name": "router", "app.kubernetes.io/instance": "opencode" } },
  });
});

test("the pod is restricted, is asked for its health without the cluster, and leaves slowly", async () => {
  const { spec } = pod(
    await up({ "sessions.env": '{"A":"1"}', imagePullSecret: '{"auths":{"a":{"auth":"YTpi"}}}' }),
  ) as {
    spec: { containers: Record<string, unknown>[] };
  };
  expect(spec).toMatchObject({
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    serviceAccountName: "router",
    imagePullSecrets: [{ name: "image-pull" }],
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    terminationGracePeriodSeconds: 60,
    topologySpreadConstraints: [{ topologyKey: "kubernetes.io/hostname" }],
  });
  const { env: _, ...container } = spec.containers[0] ?? {};
  const get = (path: string) => ({ httpGet: { path, port: "internal" }, timeoutSeconds: 3 });
  expect(container).toEqual({
    name: "router",
    image: "ghcr.io/acme/router:0.1.0",
    ports: [
      { name: "public", containerPort: 3000, protocol: "TCP" },
      { name: "attach", containerPort: 4096, protocol: "TCP" },
      { name: "internal", containerPort: 3001, protocol: "TCP" },
    ],
    startupProbe: { ...get("/healthz"), periodSeconds: 2, failureThreshold: 60 },
    livenessProbe: { ...get("/healthz"), periodSeconds: 10, failureThreshold: 6 },
    readinessProbe: { ...get("/readyz"), periodSeconds: 5, failureThreshold: 2 },
    lifecycle: { preStop: { sleep: { seconds: 10 } } },
    resources: { requests: { cpu: "100m", memory: "192Mi" }, limits: { memory: "512Mi" } },
    securityContext: {
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
    volumeMounts: [
      { name: "data", mountPath: "/data" },
      { name: "secrets", mountPath: "/etc/opencode-router/secrets", readOnly: true },
      { name: "sessions", mountPath: "/etc/opencode-router/sessions", readOnly: true },
      { name: "tmp", mountPath: "/tmp" },
    ],
  });
});

test("what the environment says comes to the router as it is, dollars included", async () => {
  const { containers } = pod(await up({ "router.adminGroups": "$(PORT),a$$b" })).spec as {
    containers: { env: { name: string; value: string }[] }[];
  };
  expect(containers[0]?.env).toContainEqual({ name: "ADMIN_GROUPS", value: "$$(PORT),a$$$$b" });
});

test("the router's rights are those of its table, in the namespace of the sessions alone, and are there before it", async () => {
  const stack = await up();
  const role = stack.one("rbac.authorization.k8s.io/v1:Role").inputs;
  expect(role["rules"]).toEqual(roleRules());
  const binding = stack.one("rbac.authorization.k8s.io/v1:RoleBinding").inputs;
  for (const { metadata } of [role, binding] as { metadata: object }[])
    expect(metadata).toMatchObject({ name: "router", namespace: "opencode-sessions" });
  expect(binding["roleRef"]).toEqual({ apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "router" });
  expect(binding["subjects"]).toEqual([{ kind: "ServiceAccount", name: "router", namespace: "opencode-system" }]);
  expect(stack.one("core/v1:ServiceAccount").inputs).toMatchObject({
    metadata: { namespace: "opencode-system" },
    automountServiceAccountToken: false,
  });
  expect(stack.one(DEPLOYMENT).after).toContain("rbac.authorization.k8s.io/v1:RoleBinding router");
});

test("three Services lead to three ports, by their names", async () => {
  const stack = await up();
  const services = stack.resources.filter(({ type }) => type === "core/v1:Service");
  const labels = (pod(stack).metadata as { labels: object }).labels;
  for (const { inputs } of services) expect(labels).toMatchObject((inputs["spec"] as { selector: object }).selector);
  expect(services.map(({ inputs }) => (inputs["spec"] as { ports: unknown }).ports)).toEqual([
    [{ name: "public", port: 3000, targetPort: "public", protocol: "TCP" }],
    [{ name: "attach", port: 4096, targetPort: "attach", protocol: "TCP" }],
    [{ name: "internal", port: 3001, targetPort: "internal", protocol: "TCP" }],
  ]);
});

test("secrets are files of one Secret, each named as its variable, and stand nowhere else", async () => {
  const stack = await up({ ...MANY, secretEpoch: "3" });
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const made = (name: string) => base64(markedBytes(name));
  const secret = stack.one("core/v1:Secret");
  expect(secret.inputs["data"]).toEqual({
    EDGE_SECRET: made("edge-secret-3"),
    EDGE_SECRET_PREVIOUS: made("edge-secret-2"),
    SESSION_ID_SECRET: made("session-id-secret"),
    TOKEN_SECRET: made("token-secret"),
    ADMIN_SECRET: made("admin-secret"),
    DATABASE_URL: base64(URL),
  });
  expect(secret.shown["data"]).toBe("[secret]");
  // One secret in it would hide the whole Deployment from a preview.
  expect(stack.one(DEPLOYMENT).shown).toEqual(stack.one(DEPLOYMENT).inputs);
  expect(pod(stack).spec).toMatchObject({
    volumes: [{}, { secret: { secretName: "router", defaultMode: 0o440 } }, {}],
  });
  for (const text of Object.values(stack.textsOf("Secret"))) expect(stack.mentions(text)).toBe(false);
});

test("what the operator decided for all sessions is in files that are there only when there is something in them", async () => {
  expect((await up()).list).not.toContain("core/v1:ConfigMap router-sessions");
  const stack = await up({ "sessions.env": '{"A":"1 2"}', "sessions.configOverrides": '{"share":"manual"}' });
  expect(stack.one("core/v1:ConfigMap").inputs).toMatchObject({
    metadata: { namespace: "opencode-system" },
    data: { "session.env": "A='1 2'\n", "opencode.json": '{\n "share": "manual"\n}\n' },
  });
  expect(pod(stack).spec).toMatchObject({
    volumes: [{}, {}, { name: "sessions", configMap: { name: "router-sessions", defaultMode: 0o440 } }, {}],
  });
});

test("a change of a secret, of a variable or of a file rolls the routers, and nothing else does", async () => {
  const changes = [
    { secretEpoch: "2" },
    { edgeSecretPrevious: "0123456789abcdef" },
    { "router.logLevel": "debug" },
    { "sessions.env": '{"A":"1"}' },
    { "sessions.env": '{"A":"2"}' },
    { "sessions.configOverrides": '{"share":"manual"}' },
  ];
  const revisions: unknown[] = [];
  for (const given of [{}, ...changes]) revisions.push(revision(await up(given)));
  expect(new Set(revisions).size).toBe(revisions.length);
  expect(revision(await up({ "openrouter.apiKey": "a" }))).toBe(revision(await up({ "openrouter.apiKey": "b" })));
});

test("the edge gets its secret when the routers that accept it are there, as a secret", async () => {
  const stack = await up({}, (edgeSecret) => {
    const spec = { secret: edgeSecret };
    new kubernetes.apiextensions.CustomResource("edge", { apiVersion: "example.org/v1", kind: "Edge", spec });
  });
  const edge = stack.one("example.org/v1:Edge");
  expect(edge.inputs["spec"]).toEqual({ secret: markedBytes("edge-secret-1") });
  expect(edge.shown["spec"]).toEqual({ secret: "[secret]" });
  expect(edge.after).toContain("apps/v1:Deployment router");
});

test("an autoscaler has the number of routers to itself, and takes them away slowly", async () => {
  const stack = await up({ ...MANY, "router.replicas": "1", "router.hpaMaxReplicas": "4" });
  expect(specOf(stack)).not.toHaveProperty("replicas");
  expect(stack.one("autoscaling/v2:HorizontalPodAutoscaler").inputs["spec"]).toEqual({
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "router" },
    minReplicas: 1,
    maxReplicas: 4,
    metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } }],
    behavior: {
      scaleDown: {
        stabilizationWindowSeconds: 600,
        policies: [{ type: "Pods", value: 1, periodSeconds: 300 }],
      },
    },
  });
  expect(stack.list).toContain("policy/v1:PodDisruptionBudget router");
});

test("Prometheus' operator is told of the internal port, when it is asked for", async () => {
  const stack = await up({ "router.serviceMonitor": "true" });
  const { selector, endpoints } = stack.one("monitoring.coreos.com/v1:ServiceMonitor").inputs["spec"] as {
    selector: { matchLabels: object };
    endpoints: unknown;
  };
  expect(endpoints).toEqual([{ port: "internal", path: "/metrics", interval: "30s" }]);
  expect(stack.one("core/v1:Service", "router-internal").inputs).toMatchObject({
    metadata: { labels: selector.matchLabels },
  });
});
