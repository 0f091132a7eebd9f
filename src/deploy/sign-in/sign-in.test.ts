import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { markedBytes } from "../../../test/harness/marked-secrets.ts";
import { mockPart, type Anything, type MockedPart } from "../../../test/harness/mock-part.ts";
import { REVISION } from "../objects/revision.ts";
import { dropping, read } from "../settings/stack.fixture.ts";
import { SignIn } from "./sign-in.ts";

const OIDC = {
  ...dropping("auth.githubOrg"),
  "auth.provider": "oidc",
  "auth.issuer": "https://id.example.org",
  "auth.allowedGroups": '["team"]',
};
// Both characters that the ordinary alphabet has and a URL cannot take.
const RANDOM = Buffer.alloc(32, Buffer.from([0xfb, 0xff])).toString("base64");
const URL_SAFE = RANDOM.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function deploy(given: Record<string, string> = {}, cookieSecret = RANDOM) {
  const args = {
    ...read(given),
    namespace: pulumi.output("opencode-edge"),
    cookieSecret: pulumi.secret(cookieSecret),
    revisionSalt: pulumi.secret("salt"),
    imagePullSecret: undefined,
  };
  return mockPart(() => {
    new SignIn("sign-in", args);
  });
}

const deploymentOf = (stack: MockedPart<void>, name = "oauth2-proxy"): Anything =>
  stack.one("Deployment", name).inputs["spec"];
const podOf = (stack: MockedPart<void>, name?: string): Anything => deploymentOf(stack, name)["template"].spec;
const revisionOf = (stack: MockedPart<void>): string => deploymentOf(stack)["template"].metadata.annotations[REVISION];
const secretOf = (stack: MockedPart<void>): Anything => stack.textsOf("Secret", "oauth2-proxy");

describe("oauth2-proxy", () => {
  test("has its secrets by reference, in a form that it takes, and they are shown nowhere", async () => {
    const stack = await deploy({ "auth.clientSecret": "the-client-secret" });
    expect(secretOf(stack)).toEqual({ "client-secret": "the-client-secret", "cookie-secret": URL_SAFE });
    const variables = podOf(stack)["containers"][0].env as Anything[];
    expect(variables.map(({ name, valueFrom }) => [name, valueFrom.secretKeyRef])).toEqual([
      ["OAUTH2_PROXY_CLIENT_SECRET", { name: "oauth2-proxy", key: "client-secret" }],
      ["OAUTH2_PROXY_COOKIE_SECRET", { name: "oauth2-proxy", key: "cookie-secret" }],
    ]);
    for (const secret of [URL_SAFE, RANDOM, "the-client-secret"]) expect(stack.mentions(secret)).toBe(false);
  });

  test("is a Service on the port that Traefik asks, alive and ready by its own answers", async () => {
    const stack = await deploy();
    expect(stack.one("Service", "oauth2-proxy").inputs["spec"]).toMatchObject({
      type: "ClusterIP",
      ports: [{ port: 4180, targetPort: "http" }],
    });
    expect(podOf(stack)["containers"][0]).toMatchObject({
      livenessProbe: { httpGet: { path: "/ping", port: "http" } },
      readinessProbe: { httpGet: { path: "/ready", port: "http" } },
    });
    const { terminationGracePeriodSeconds, containers } = podOf(stack);
    expect(terminationGracePeriodSeconds).toBeGreaterThan(containers[0].lifecycle.preStop.sleep.seconds);
    expect(stack.has("PodDisruptionBudget", "oauth2-proxy")).toBe(true);
  });

  test("mounts the addresses of those who may sign in, and starts anew when they change", async () => {
    const none = await deploy();
    expect(none.has("Secret", "oauth2-proxy-emails")).toBe(false);
    const some = await deploy({ "auth.allowedEmails": '["Ann@example.org","bob@example.org"]' });
    expect(some.textsOf("Secret", "oauth2-proxy-emails")).toEqual({
      emails: "ann@example.org\nbob@example.org\n",
    });
    expect(some.mentions("ann@example.org")).toBe(false);
    const { containers, volumes } = podOf(some);
    const file = (containers[0].args as string[]).find((arg) => arg.startsWith("--authenticated-emails-file="));
    expect(file).toBe(`--authenticated-emails-file=${containers[0].volumeMounts[0].mountPath}/emails`);
    expect(volumes[0].secret).toEqual({ secretName: "oauth2-proxy-emails" });
    const fewer = await deploy({ "auth.allowedEmails": '["ann@example.org"]' });
    expect(new Set([none, some, fewer].map(revisionOf)).size).toBe(3);
  });

  test("starts anew with other secrets", async () => {
    const before = revisionOf(await deploy());
    expect(revisionOf(await deploy({}))).toBe(before);
    expect(revisionOf(await deploy({ "auth.clientSecret": "another" }))).not.toBe(before);
    expect(revisionOf(await deploy({}, Buffer.alloc(32, 1).toString("base64")))).not.toBe(before);
  });

  test("believes who is forwarded of pods only, which may have other addresses than private ones", async () => {
    const trusted = async (given: Record<string, string>) =>
      (podOf(await deploy(given))["containers"][0].args as string[]).flatMap(
        (arg) => /^--trusted-proxy-ip=(.*)/.exec(arg)?.[1] ?? [],
      );
    const usual = await trusted({});
    expect(usual).toContain("10.0.0.0/8");
    expect(usual.some((range) => range.endsWith("/0"))).toBe(false);
    expect(await trusted({ "cluster.podCidrs": '["198.51.100.0/24"]' })).toEqual([...usual, "198.51.100.0/24"]);
  });
});

describe("the store of sign-ins", () => {
  test("is no Redis where cookies do", async () => {
    const stack = await deploy();
    expect(stack.resources.map(({ name }) => name).filter((name) => name.startsWith("redis"))).toEqual([]);
    expect(Object.keys(secretOf(stack))).not.toContain("redis-url");
  });

  test("is a Redis of ours, with a password that stands in no command and is shown nowhere", async () => {
    const stack = await deploy(OIDC);
    const password = markedBytes("redis-password", "hex");
    expect(secretOf(stack)["redis-url"]).toBe(`redis://:${password}@redis.opencode-edge.svc.cluster.local:6379`);
    expect(stack.textsOf("Secret", "redis")["redis.conf"]).toContain(`requirepass ${password}\n`);
    expect(stack.mentions(password)).toBe(false);
    expect(podOf(stack)["containers"][0].env).toContainEqual({
      name: "OAUTH2_PROXY_REDIS_CONNECTION_URL",
      valueFrom: { secretKeyRef: { name: "oauth2-proxy", key: "redis-url" } },
    });
    const { command, volumeMounts, securityContext } = podOf(stack, "redis")["containers"][0];
    expect(command).toEqual(["redis-server", `${volumeMounts[0].mountPath}/redis.conf`]);
    expect(securityContext).toMatchObject({ readOnlyRootFilesystem: true });
    expect(podOf(stack, "redis")["securityContext"]).toMatchObject({ runAsUser: 999 });
    expect(deploymentOf(stack, "redis")).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
  });

  test("is the operator's Redis where its address is given", async () => {
    const url = "rediss://:pass-of-theirs@cache.example.org:6380";
    const stack = await deploy({ ...OIDC, "auth.redisUrl": url });
    expect(secretOf(stack)["redis-url"]).toBe(url);
    expect(stack.has("Deployment", "redis")).toBe(false);
    expect(stack.mentions("pass-of-theirs")).toBe(false);
  });
});
