import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { APP_LABELS, GROUP } from "../../contracts/cluster-names.ts";
import { mockPart } from "../../../test/harness/mock-part.ts";
import type { ModelsChoice } from "../models/choose.ts";
import { modelsLayer } from "../models/provider-config.ts";
import { read } from "../settings/stack.fixture.ts";
import { Sessions } from "./component.ts";

const MODELS: ModelsChoice = {
  source: "live",
  models: modelsLayer({ paid: [], free: [], unknown: [] }),
  count: { paid: 0, free: 0 },
  warnings: [],
};

const up = (given: Readonly<Record<string, string>> = {}, models: ModelsChoice = MODELS) =>
  mockPart(() => {
    const settings = read(given);
    const args = {
      settings,
      namespace: settings.namespaces.sessions,
      systemNamespace: settings.namespaces.system,
      models,
      imagePullSecret: settings.imagePullSecret === undefined ? undefined : "image-pull",
    };
    return new Sessions("sessions", args).namespace;
  });

const KIND = "apiextensions.k8s.io/v1:CustomResourceDefinition";

test("everything is there that a router needs to make a session, and no more", async () => {
  expect((await up()).list).toEqual([
    `${KIND} sessions.opencode-router.dev`,
    "core/v1:ConfigMap opencode-models",
    "core/v1:LimitRange sessions",
    "core/v1:ResourceQuota sessions",
    "core/v1:ServiceAccountPatch default",
  ]);
  expect((await up({ "sessions.quota": "{}", "sessions.limits": "{}" }, { source: "none" })).list).toEqual([
    `${KIND} sessions.opencode-router.dev`,
    "core/v1:ServiceAccountPatch default",
  ]);
});

test("the kind is that of its file, and every session with it outlives the stack", async () => {
  const kind = (await up()).one(KIND);
  const file = parse(readFileSync(new URL("../crds/session.yaml", import.meta.url), "utf8")) as object;
  expect(kind.inputs).toEqual(file);
  expect(kind.inputs).toMatchObject({ spec: { group: GROUP } });
  expect(kind.options).toMatchObject({ protect: true, retainOnDelete: true });
});

test("who waits for the namespace of the sessions waits for the kind", async () => {
  const stack = await up();
  expect(stack.result).toBe("opencode-sessions");
  expect(stack.dependsOn).toContain("session");
});

test("keys are variables by their names, in a Secret of their own", async () => {
  const stack = await up({ "openrouter.apiKey": "or-key", "sessions.secretEnv": '{"ANTHROPIC_API_KEY":"an-key"}' });
  const secret = stack.one("core/v1:Secret", "session-api-keys");
  expect(secret.inputs).toMatchObject({
    metadata: { namespace: "opencode-sessions" },
    data: {
      OPENROUTER_API_KEY: Buffer.from("or-key").toString("base64"),
      ANTHROPIC_API_KEY: Buffer.from("an-key").toString("base64"),
    },
  });
  expect(secret.shown["data"]).toBe("[secret]");
});

test("all sessions share a quota, and a container has limits where the operator gives some", async () => {
  const stack = await up({ "sessions.limits": '{"max":{"cpu":"8","memory":"8Gi"},"defaultRequest":{}}' });
  expect(stack.one("core/v1:ResourceQuota").inputs["spec"]).toEqual({
    hard: { pods: "200", persistentvolumeclaims: "1000", "requests.storage": "10Ti" },
  });
  expect(stack.one("core/v1:LimitRange").inputs).toMatchObject({
    metadata: { name: "sessions", namespace: "opencode-sessions" },
    spec: { limits: [{ type: "Container", max: { cpu: "8", memory: "8Gi" } }] },
  });
});

test("the account of the sessions' pods gives out no token, for as long as its namespace is there", async () => {
  const account = (await up()).one("core/v1:ServiceAccountPatch");
  expect(account.inputs).toMatchObject({
    metadata: { name: "default", namespace: "opencode-sessions" },
    automountServiceAccountToken: false,
  });
  expect(account.options).toMatchObject({ protect: false, retainOnDelete: true });
});

test("a pod on every node of the sessions keeps their image, and is none of theirs", async () => {
  const stack = await up({
    "sessions.prePull": "true",
    "sessions.nodeSelector": '{"pool":"agents"}',
    "sessions.tolerations": '[{"key":"agents","operator":"Exists"}]',
    "sessions.runtimeClassName": "gvisor",
    imagePullSecret: '{"auths":{"a":{"auth":"YTpi"}}}',
  });
  const { metadata, spec } = stack.one("apps/v1:DaemonSet").inputs as {
    metadata: object;
    spec: { template: { metadata: { labels: Record<string, string> } } };
  };
  // Neither their quota counts it, nor do their network policies know it.
  expect(metadata).toMatchObject({
    namespace: "opencode-system",
    annotations: { "pulumi.com/skipAwait": "true" },
  });
  const { labels } = spec.template.metadata;
  expect(spec).toMatchObject({ selector: { matchLabels: { "app.kubernetes.io/name": "session-image" } } });
  expect(Object.entries(APP_LABELS).every(([name, value]) => labels[name] === value)).toBe(false);
  expect(labels["app.kubernetes.io/component"]).toBeUndefined();
  expect(spec.template).toMatchObject({
    spec: {
      automountServiceAccountToken: false,
      serviceAccountName: "session-image",
      imagePullSecrets: [{ name: "image-pull" }],
      nodeSelector: { pool: "agents" },
      tolerations: [{ key: "agents", operator: "Exists" }],
      runtimeClassName: "gvisor",
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          image: "ghcr.io/acme/opencode:0.1.0",
          command: ["/usr/bin/tini", "--", "sleep", "infinity"],
          resources: { limits: { memory: "32Mi" } },
          securityContext: {
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    },
  });
});
