import { afterAll, beforeAll, expect, test } from "vitest";
import { DOCKER_CONFIG } from "../../src/deploy/settings/stack.fixture.ts";
import { startControlPlane, type ControlPlane } from "../cluster/harness/control-plane.ts";
import { letIn } from "./harness/pods.ts";
import { TestStack } from "./harness/stack.ts";

/** Everything that a plain stack does without. */
const PLAIN = {
  name: "team",
  domain: "example.org",
  "images.registry": "registry.example.org/acme",
  "auth.provider": "oidc",
  "auth.issuer": "https://login.example.org",
  "auth.clientId": "the-client",
  "auth.allowedEmails": "alice@example.org",
  "tunnel.kind": "none",
  "tls.secretName": "wildcard",
  "service.type": "NodePort",
  "database.kind": "deploy",
  "router.replicas": "2",
  "router.hpaMaxReplicas": "4",
  "sessions.prePull": "true",
  "models.source": "snapshot",
  "cluster.apiServerCidrs": "192.0.2.10/32",
};
const STRUCTURED = {
  "sessions.env": { EDITOR: "vi" },
  "sessions.limits": { max: { memory: "8Gi" } },
};
const SECRET = {
  "auth.clientSecret": "the-secret-of-the-client",
  imagePullSecret: DOCKER_CONFIG,
  "sessions.secretEnv": '{"ANTHROPIC_API_KEY":"the-key-of-the-team"}',
};

let plane: ControlPlane;
let stack: TestStack;

beforeAll(async () => {
  plane = await startControlPlane();
  await plane.kubectl("delete", "crd", "sessions.opencode-router.dev");
  stack = await TestStack.create(plane.kubeconfig());
  await stack.configure(PLAIN, SECRET);
  stack.configureObjects(STRUCTURED);
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await plane?.[Symbol.asyncDispose]();
});

test("what only some stacks have is accepted by the API server, too", async () => {
  const up = await stack.mustRun("up", "--yes", "--skip-preview");
  expect(up.warnings).toEqual([]);
  const names = (await letIn(plane, ["team-edge", "team-system"])).map((name) => name.replace(/-[0-9a-f]+$/, ""));
  expect(new Set(names)).toEqual(new Set(["oauth2-proxy", "postgres", "redis", "router", "traefik"]));
  const daemons = await plane.api.get<{ items: object[] }>("/apis/apps/v1/namespaces/team-system/daemonsets");
  expect(daemons.items).toHaveLength(1);
});

test("it has nothing to do afterwards, although the cluster writes much of it in its own way", async () => {
  expect((await stack.mustRun("up", "--yes", "--skip-preview")).steps).toEqual([]);
});
