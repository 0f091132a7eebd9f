import { expect, test } from "vitest";
import { markedBytes } from "../../../test/harness/marked-secrets.ts";
import { mockPart } from "../../../test/harness/mock-part.ts";
import { REVISION } from "../objects/revision.ts";
import { read } from "../settings/stack.fixture.ts";
import { Database } from "./component.ts";

const PASSWORD = markedBytes("postgres-password", "hex");

const up = (given: Readonly<Record<string, string>>, salt = "salt") =>
  mockPart(() => {
    const settings = read(given);
    const args = { settings, namespace: settings.namespaces.system, revisionSalt: salt, imagePullSecret: undefined };
    return new Database("database", args).url;
  });

const DEPLOY = {
  "database.kind": "deploy",
  "database.storageClass": "fast",
  "database.storageSize": "20Gi",
  "images.postgres": "registry.example.org/postgres:17",
};

/** Removed with the stack, but not by a mistake. */
const KEPT = { protect: true, retainOnDelete: false };

test("the embedded database is the router's own matter", async () => {
  const stack = await up({});
  expect(stack.list).toEqual([]);
  expect(stack.result).toBeUndefined();
});

test("an operator's database is its address, and nothing is deployed", async () => {
  const stack = await up({
    "database.kind": "url",
    "database.url": "postgres://ann:pw@db.example.org/router?sslmode=require",
  });
  expect(stack.list).toEqual([]);
  expect(stack.result).toBe("postgres://ann:pw@db.example.org/router?sslmode=require");
  expect(stack.isSecret).toBe(true);
});

test("a deployed one is a server with a volume that outlives it, and a password that nobody else knows", async () => {
  const stack = await up(DEPLOY);
  expect(stack.list).toEqual([
    "apps/v1:StatefulSet postgres",
    "core/v1:PersistentVolumeClaim postgres-data",
    "core/v1:Secret postgres",
    "core/v1:Service postgres",
    "core/v1:ServiceAccount postgres",
    "random:index/randomBytes:RandomBytes postgres-password",
  ]);
  const claim = stack.one("core/v1:PersistentVolumeClaim");
  expect(claim.options).toMatchObject(KEPT);
  expect(claim.inputs["spec"]).toEqual({
    accessModes: ["ReadWriteOnce"],
    storageClassName: "fast",
    resources: { requests: { storage: "20Gi" } },
  });
  // It is in the volume, too: one without the other is worth nothing.
  expect(stack.one("random:index/randomBytes:RandomBytes").options).toMatchObject(KEPT);
  const secret = stack.one("core/v1:Secret");
  expect(secret.inputs["data"]).toEqual({ password: Buffer.from(PASSWORD).toString("base64") });
  expect(secret.shown["data"]).toBe("[secret]");
  expect(stack.mentions(PASSWORD)).toBe(false);
});

test("the address of a deployed one is a secret without a character that an address would need to escape", async () => {
  const stack = await up(DEPLOY);
  expect(stack.isSecret).toBe(true);
  // Whoever uses it waits for the server.
  expect(stack.dependsOn.toSorted()).toEqual(["postgres", "postgres-password"]);
  const url = new URL(stack.result ?? "");
  expect(url.toString()).toBe(stack.result);
  expect({ user: url.username, password: url.password, host: url.host, database: url.pathname }).toEqual({
    user: "router",
    password: PASSWORD,
    host: "postgres.opencode-system.svc.cluster.local:5432",
    database: "/router",
  });
});

test("its pod is restricted, writes to its volumes only, and is ready when it answers by TCP", async () => {
  const stack = await up(DEPLOY);
  const { template, ...spec } = stack.one("apps/v1:StatefulSet").inputs["spec"] as Record<
    "template",
    Record<string, never>
  >;
  expect(spec).toEqual({
    serviceName: "postgres",
    replicas: 1,
    selector: { matchLabels: { "app.kubernetes.io/name": "postgres", "app.kubernetes.io/instance": "opencode" } },
  });
  const probe = {
    exec: { command: ["pg_isready", "--quiet", "--host=127.0.0.1", "--username=router", "--dbname=router"] },
    timeoutSeconds: 5,
  };
  expect(template.spec).toEqual({
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    serviceAccountName: "postgres",
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 999,
      runAsGroup: 999,
      fsGroup: 999,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    terminationGracePeriodSeconds: 60,
    containers: [
      {
        name: "postgres",
        image: "registry.example.org/postgres:17",
        ports: [{ name: "postgres", containerPort: 5432, protocol: "TCP" }],
        env: [
          { name: "PGDATA", value: "/var/lib/postgresql/data/pgdata" },
          { name: "POSTGRES_USER", value: "router" },
          { name: "POSTGRES_DB", value: "router" },
          { name: "POSTGRES_PASSWORD_FILE", value: "/etc/postgres-password/password" },
          { name: "POSTGRES_INITDB_ARGS", value: "--data-checksums --auth-host=scram-sha-256" },
        ],
        startupProbe: { ...probe, periodSeconds: 5, failureThreshold: 180 },
        livenessProbe: { ...probe, periodSeconds: 20, failureThreshold: 6 },
        readinessProbe: { ...probe, periodSeconds: 10, failureThreshold: 3 },
        resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
        securityContext: {
          runAsNonRoot: true,
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
          seccompProfile: { type: "RuntimeDefault" },
        },
        volumeMounts: [
          { name: "data", mountPath: "/var/lib/postgresql/data" },
          { name: "password", mountPath: "/etc/postgres-password", readOnly: true },
          { name: "sockets", mountPath: "/var/run/postgresql" },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "data", persistentVolumeClaim: { claimName: "postgres-data" } },
      { name: "password", secret: { secretName: "postgres", defaultMode: 0o440 } },
      { name: "sockets", emptyDir: { sizeLimit: "1Mi" } },
      { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
    ],
  });
  expect(template.metadata).toMatchObject({ annotations: { [REVISION]: expect.stringMatching(/^[0-9a-f]{16}$/) } });
});

test("its Service leads to its pod", async () => {
  const stack = await up(DEPLOY);
  const { selector, ports } = stack.one("core/v1:Service").inputs["spec"] as { selector: object; ports: unknown };
  expect(stack.one("apps/v1:StatefulSet").inputs).toMatchObject({
    spec: { template: { metadata: { labels: selector } } },
  });
  expect(ports).toEqual([{ name: "postgres", port: 5432, targetPort: "postgres", protocol: "TCP" }]);
});
