import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { mockPart, type Anything, type MockedPart } from "../../../test/harness/mock-part.ts";
import { REVISION } from "../objects/revision.ts";
import { CREDENTIALS, dropping, read, TOKEN, TUNNEL_ID } from "../settings/stack.fixture.ts";
import { requiredDnsRecords } from "./dns-records.ts";
import { Tunnel } from "./tunnel.ts";

const BY_FILE = { ...dropping("tunnel.token"), "tunnel.kind": "credentials", "tunnel.credentials": CREDENTIALS };
const EXISTING = { "traefik.install": "false", "traefik.namespace": "ingress" };
const NO_TUNNEL = { ...dropping("tunnel.token"), "tunnel.kind": "none" };

function deploy(given: Record<string, string> = {}) {
  const { entrance, ...settings } = read(given);
  if (entrance.kind !== "tunnel") throw new Error("no tunnel");
  const namespace = pulumi.output("opencode-edge");
  const revisionSalt = pulumi.secret("salt");
  return mockPart(() => {
    new Tunnel("tunnel", { ...settings, entrance, namespace, revisionSalt, imagePullSecret: undefined });
  });
}

const deploymentOf = (stack: MockedPart<void>): Anything => stack.one("Deployment", "cloudflared").inputs["spec"];
const podOf = (stack: MockedPart<void>): Anything => deploymentOf(stack)["template"].spec;
const configOf = (stack: MockedPart<void>): Anything =>
  parse(stack.textsOf("ConfigMap", "cloudflared")["config.yml"] ?? "");

describe("cloudflared", () => {
  test("has its token in a file, and it is shown nowhere", async () => {
    const stack = await deploy();
    expect(stack.textsOf("Secret", "cloudflared")).toEqual({ token: TOKEN });
    const { args, volumeMounts, env } = podOf(stack)["containers"][0];
    expect(args.slice(-3)).toEqual(["run", "--token-file", `${volumeMounts[0].mountPath}/token`]);
    expect(env).toBeUndefined();
    expect(stack.mentions(TOKEN)).toBe(false);
    expect(stack.has("ConfigMap", "cloudflared")).toBe(false);
  });

  test("with a credentials file sends all hosts to Traefik, and nothing else anywhere", async () => {
    const stack = await deploy({ ...BY_FILE, mainHost: "example.org", sessionDomain: "s.example.org" });
    const service = "http://traefik.opencode-edge.svc.cluster.local:80";
    const { volumeMounts, args } = podOf(stack)["containers"][0];
    expect(configOf(stack)).toEqual({
      tunnel: TUNNEL_ID,
      "credentials-file": `${volumeMounts[0].mountPath}/credentials.json`,
      ingress: [
        { hostname: "*.example.org", service },
        { hostname: "*.s.example.org", service },
        { hostname: "example.org", service },
        { service: "http_status:404" },
      ],
    });
    expect(args).toEqual(expect.arrayContaining(["--config", `${volumeMounts[1].mountPath}/config.yml`]));
    expect(args.at(-1)).toBe("run");
    expect(stack.mentions("c2VjcmV0")).toBe(false);
  });

  test("to the TLS of a Traefik that is there, asks for the host of people", async () => {
    const serviceUrl = { "traefik.serviceUrl": "https://traefik.ingress.svc.cluster.local" };
    expect(configOf(await deploy({ ...BY_FILE, ...EXISTING, ...serviceUrl }))).toMatchObject({
      originRequest: { matchSNItoHost: true },
    });
    expect(configOf(await deploy({ ...BY_FILE, ...EXISTING }))["originRequest"]).toBeUndefined();
  });

  test("is not restarted because Cloudflare is away, and has time to end", async () => {
    const stack = await deploy();
    const [container] = podOf(stack)["containers"];
    expect(container).toMatchObject({
      ports: [{ name: "metrics", containerPort: 2000 }],
      livenessProbe: { tcpSocket: { port: "metrics" } },
      readinessProbe: { httpGet: { path: "/ready", port: "metrics" } },
    });
    const grace = Number.parseInt(container.args[container.args.indexOf("--grace-period") + 1], 10);
    expect(podOf(stack)["terminationGracePeriodSeconds"]).toBeGreaterThan(grace);
    expect(stack.one("PodDisruptionBudget", "cloudflared").inputs["spec"]).toMatchObject({ maxUnavailable: 1 });
    expect(podOf(stack)["securityContext"]).toMatchObject({ runAsUser: 65_532 });
  });

  test("starts anew with another configuration", async () => {
    const revision = async (given: Record<string, string>) =>
      deploymentOf(await deploy(given))["template"].metadata.annotations[REVISION];
    expect(await revision({ ...BY_FILE, mainHost: "example.org" })).not.toBe(await revision(BY_FILE));
    expect(await revision(BY_FILE)).toBe(await revision(BY_FILE));
  });
});

describe("the records that are wanted", () => {
  const content = `${TUNNEL_ID}.cfargotunnel.com`;
  const proxied = (name: string) => ({ name, type: "CNAME", content, proxied: true });

  test("lead all hosts to the tunnel", () => {
    expect(requiredDnsRecords(read({}))).toEqual([proxied("*.example.org")]);
    expect(requiredDnsRecords(read({ mainHost: "example.org", sessionDomain: "s.example.org" }))).toEqual(
      ["*.example.org", "*.s.example.org", "example.org"].map(proxied),
    );
  });

  test.each([
    [{ ...NO_TUNNEL, "tls.secretName": "wildcard" }, "the external address of Service traefik in opencode-edge"],
    [{ ...NO_TUNNEL, "tls.secretName": "wildcard", "service.type": "NodePort" }, "nodes with a pod of Traefik"],
    [{ ...NO_TUNNEL, ...EXISTING }, "the Traefik that is there"],
  ])("without one say to where: %o", (given, where) => {
    expect(requiredDnsRecords(read(given))).toEqual([
      { name: "*.example.org", type: "A, AAAA or CNAME", content: expect.stringContaining(where) },
    ]);
  });
});
