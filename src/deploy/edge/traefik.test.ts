import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { mockPart, type Anything, type MockedPart } from "../../../test/harness/mock-part.ts";
import { REVISION } from "../objects/revision.ts";
import { dropping, read } from "../settings/stack.fixture.ts";
import { TRAEFIK_GRACE } from "./render-file.ts";
import { Traefik, type TraefikArgs } from "./traefik.ts";
import { versionOfImage } from "./traefik-version.ts";

const NO_TUNNEL = { ...dropping("tunnel.token"), "tunnel.kind": "none" };
const PEM = (what: string) => `-----BEGIN ${what}-----\nabcd\n-----END ${what}-----`;
const OWN_CERTIFICATE = { ...NO_TUNNEL, "tls.certificate": PEM("CERTIFICATE"), "tls.key": PEM("PRIVATE KEY") };

interface Variation {
  readonly edgeSecret?: string;
  readonly imagePullSecret?: string;
}

function deploy(given: Record<string, string>, { edgeSecret = "the-edge-secret", imagePullSecret }: Variation = {}) {
  const { traefik, ...settings } = read(given);
  if (!traefik.install) throw new Error("none of ours");
  const args: TraefikArgs = {
    ...settings,
    traefik,
    namespace: pulumi.output("opencode-edge"),
    edgeSecret: pulumi.secret(edgeSecret),
    revisionSalt: pulumi.secret("salt"),
    imagePullSecret,
  };
  return mockPart(() => {
    new Traefik("traefik", args);
  });
}

const deploymentOf = (stack: MockedPart<void>): Anything => stack.one("Deployment", "traefik").inputs["spec"];
const revisionOf = (stack: MockedPart<void>): string => deploymentOf(stack)["template"].metadata.annotations[REVISION];
const serviceOf = (stack: MockedPart<void>): Anything => stack.one("Service", "traefik").inputs["spec"];
const routesOf = (stack: MockedPart<void>): string => stack.textsOf("Secret", "traefik-routes")["edge.yml"] ?? "";
const staticOf = (stack: MockedPart<void>): Anything =>
  parse(stack.textsOf("ConfigMap", "traefik")["traefik.yml"] ?? "");

describe("behind a tunnel", () => {
  test("Traefik is reached from inside, without TLS", async () => {
    const stack = await deploy({});
    expect(serviceOf(stack)).toMatchObject({
      type: "ClusterIP",
      ports: [{ port: 80, targetPort: "web" }],
    });
    expect(Object.keys(staticOf(stack)["entryPoints"])).toEqual(["web", "inside"]);
    expect(parse(routesOf(stack)).tls).toBeUndefined();
    expect(stack.has("Secret", "traefik-tls")).toBe(false);
  });

  test("the edge secret is in a Secret, and nowhere else", async () => {
    const stack = await deploy({});
    expect(routesOf(stack)).toContain("the-edge-secret");
    expect(stack.mentions("the-edge-secret")).toBe(false);
  });

  test("another edge secret restarts no pod, another image does", async () => {
    const before = await deploy({});
    const after = await deploy({}, { edgeSecret: "another" });
    expect(routesOf(after)).not.toEqual(routesOf(before));
    expect(deploymentOf(after)).toEqual(deploymentOf(before));
    expect(revisionOf(await deploy({ "images.traefik": "traefik:v3.6.12" }))).not.toBe(revisionOf(before));
  });

  test("a pod is restricted, ends later than Traefik, and is not ready while it ends", async () => {
    const stack = await deploy({}, { imagePullSecret: "registry" });
    const { strategy, template, replicas } = deploymentOf(stack);
    expect({ replicas, strategy: strategy.rollingUpdate }).toEqual({
      replicas: 2,
      strategy: { maxUnavailable: 0, maxSurge: 1 },
    });
    expect(template.spec).toMatchObject({
      serviceAccountName: "traefik",
      automountServiceAccountToken: false,
      imagePullSecrets: [{ name: "registry" }],
      securityContext: { runAsNonRoot: true, runAsUser: 65_532 },
    });
    const { acceptSeconds, openSeconds } = TRAEFIK_GRACE;
    expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan(acceptSeconds + openSeconds);
    const [container] = template.spec.containers;
    expect(container).toMatchObject({
      securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
      readinessProbe: { httpGet: { path: "/ping", port: "inside" } },
      ports: [
        { name: "web", containerPort: 8000 },
        { name: "inside", containerPort: 9000 },
      ],
    });
    expect(staticOf(stack)["ping"]).toEqual({ entryPoint: "inside", terminatingStatusCode: 503 });
    expect(stack.one("PodDisruptionBudget", "traefik").inputs["spec"]).toMatchObject({ maxUnavailable: 1 });
  });

  test("one pod alone has no budget that would keep a node from being emptied", async () => {
    expect((await deploy({ "traefik.replicas": "1" })).has("PodDisruptionBudget", "traefik")).toBe(false);
  });

  test("what the pods mount is there before them", async () => {
    expect((await deploy({})).one("Deployment").after).toEqual(
      expect.arrayContaining([
        "core/v1:Secret traefik-routes",
        "core/v1:ConfigMap traefik",
        "core/v1:ServiceAccount traefik",
      ]),
    );
  });
});

describe("without a tunnel", () => {
  test("a load balancer leads to the port with TLS, and to the one that sends there; addresses stay", async () => {
    const stack = await deploy({
      ...OWN_CERTIFICATE,
      "service.loadBalancerClass": "acme",
      "service.allowedCidrs": '["192.0.2.0/24"]',
      "service.annotations": '{"a.b/c":"d"}',
    });
    expect(serviceOf(stack)).toMatchObject({
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      loadBalancerClass: "acme",
      loadBalancerSourceRanges: ["192.0.2.0/24"],
      ports: [
        { port: 443, targetPort: "web" },
        { port: 80, targetPort: "plain" },
      ],
    });
    expect(stack.one("Service", "traefik").inputs["metadata"]).toMatchObject({ annotations: { "a.b/c": "d" } });
    const ports = deploymentOf(stack)["template"].spec.containers[0].ports as Anything[];
    expect(ports.map(({ name }) => name)).toEqual(["web", "plain", "inside"]);
  });

  test("a node port is the one that was asked for, and a Service of the cluster has nothing of the outside", async () => {
    const onNodes = serviceOf(
      await deploy({ ...OWN_CERTIFICATE, "service.type": "NodePort", "service.nodePort": "30443" }),
    );
    expect(onNodes).toMatchObject({ type: "NodePort", externalTrafficPolicy: "Local" });
    expect(onNodes["ports"]).toMatchObject([{ port: 443, nodePort: 30_443 }, { port: 80 }]);
    const inside = serviceOf(await deploy({ ...OWN_CERTIFICATE, "service.type": "ClusterIP" }));
    expect(Object.keys(inside).toSorted()).toEqual(["ports", "selector", "type"]);
  });

  test("a certificate of the settings is in a Secret of its kind, with the key hidden", async () => {
    const stack = await deploy(OWN_CERTIFICATE);
    const { inputs, shown } = stack.one("Secret", "traefik-tls");
    expect(inputs).toMatchObject({ type: "kubernetes.io/tls" });
    expect(stack.textsOf("Secret", "traefik-tls")["tls.key"]).toBe(PEM("PRIVATE KEY"));
    expect(shown["data"]).toBe("[secret]");
  });

  test("the certificate is mounted where the routes are, so that Traefik notices a renewed one", async () => {
    for (const [given, secret] of [
      [OWN_CERTIFICATE, "traefik-tls"],
      [{ ...NO_TUNNEL, "tls.secretName": "wildcard" }, "wildcard"],
    ] as const) {
      const stack = await deploy(given);
      const { volumes, containers } = deploymentOf(stack)["template"].spec as Anything;
      const dynamic = (volumes as Anything[]).find(({ name }) => name === "dynamic");
      expect((dynamic?.["projected"].sources as Anything[]).map((source) => source["secret"].name)).toEqual([
        "traefik-routes",
        secret,
      ]);
      const folder = (containers[0].volumeMounts as Anything[]).find(({ name }) => name === "dynamic")?.["mountPath"];
      expect(staticOf(stack)["providers"].file).toEqual({ directory: folder, watch: true });
      expect(parse(routesOf(stack)).tls.stores.default.defaultCertificate).toEqual({
        certFile: `${folder}/tls/tls.crt`,
        keyFile: `${folder}/tls/tls.key`,
      });
    }
  });
});

test.each([
  ["docker.io/library/traefik:v3.7.8", "3.7.8"],
  ["localhost:5000/traefik:3.6.22@sha256:00", "3.6.22"],
  ["traefik:v3.7.8-alpine", "3.7.8"],
  ["traefik:v3.7", undefined],
  ["localhost:5000/traefik@sha256:00", undefined],
])("the version of %s is %s", (image, version) => {
  expect(versionOfImage(image)).toBe(version);
});

test("an image that does not tell its version gets no setting that an old one would refuse, and a warning", async () => {
  const known = await deploy({});
  expect(known.warnings).toEqual([]);
  expect(JSON.stringify(staticOf(known))).toContain("underscoreHeadersStrategy");
  const digest = "traefik@sha256:0000000000000000000000000000000000000000000000000000000000000000";
  const unknown = await deploy({ "images.traefik": digest });
  expect(JSON.stringify(staticOf(unknown))).not.toContain("HeadersStrategy");
  expect(unknown.warnings.join()).toContain("images.traefik");
});
