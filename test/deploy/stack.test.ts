import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TOKEN } from "../../src/deploy/settings/stack.fixture.ts";
import { startControlPlane, type ControlPlane } from "../cluster/harness/control-plane.ts";
import { startOpenRouter, type OpenRouter } from "../harness/openrouter.ts";
import { letIn } from "./harness/pods.ts";
import { TestStack, type CliRun, type Step } from "./harness/stack.ts";

const EDGE = "opencode-edge";
const SYSTEM = "opencode-system";
const SESSIONS = "opencode-sessions";
const KIND = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/sessions.opencode-router.dev";
const DATABASE = `/api/v1/namespaces/${SYSTEM}/persistentvolumeclaims/router-data`;
const HASH = "0123456789ab";
const UP = ["up", "--yes", "--skip-preview"] as const;
/** As `make destroy` does it. */
const DESTROY = ["destroy", "--yes", "--skip-preview", "--exclude-protected"] as const;

const CLIENT_SECRET = "the-secret-of-the-oauth-app";
const PERSON = "alice@example.org";
const MODEL_KEY = "sk-or-v1-the-key-of-the-team";

interface Named {
  readonly metadata: { readonly name: string; readonly uid: string };
}
interface Secret extends Named {
  readonly data?: Readonly<Record<string, string>>;
}
let plane: ControlPlane;
let openRouter: OpenRouter;
let stack: TestStack;

const list = async <T>(path: string): Promise<T[]> => (await plane.api.get<{ items: T[] }>(path)).items;

const secretsOf = (namespace: string): Promise<Secret[]> => list(`/api/v1/namespaces/${namespace}/secrets`);

async function routerSecret(): Promise<Record<string, string>> {
  const { data = {} } = await plane.api.get<Secret>(`/api/v1/namespaces/${SYSTEM}/secrets/router`);
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]));
}

async function modelsList(): Promise<string> {
  const maps = await list<{ data?: Record<string, string> }>(`/api/v1/namespaces/${SESSIONS}/configmaps`);
  return maps.flatMap(({ data }) => data?.["models.json"] ?? [])[0] ?? "";
}

/** What the engine says of a stack without parts of it that only it knows of. */
const changes = ({ steps }: CliRun): string[] => steps.map(({ op, name }: Step) => `${op} ${name}`).toSorted();

beforeAll(async () => {
  plane = await startControlPlane();
  // A bare cluster has never heard of sessions.
  await plane.kubectl("delete", "crd", "sessions.opencode-router.dev");
  openRouter = await startOpenRouter();
  stack = await TestStack.create(plane.kubeconfig());
  await stack.configure(
    {
      domain: "example.org",
      "images.registry": "registry.example.org/acme",
      "auth.clientId": "Iv1.0123456789abcdef",
      "auth.allowedEmails": PERSON,
      "models.url": openRouter.url("good"),
      "cluster.apiServerCidrs": "192.0.2.10/32",
    },
    { "auth.clientSecret": CLIENT_SECRET, "tunnel.token": TOKEN, "openrouter.apiKey": MODEL_KEY },
  );
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await openRouter?.[Symbol.asyncDispose]();
  await plane?.[Symbol.asyncDispose]();
});

describe("a stack on a bare cluster", { concurrent: false }, () => {
  test("is previewed without making anything", async () => {
    const before = await plane.kubectl("get", "namespaces,crds", "--output=name");
    const preview = await stack.mustRun("preview");
    expect(new Set(preview.steps.map(({ op }) => op))).toEqual(new Set(["create"]));
    expect(preview.output).not.toMatch(/error/i);
    expect(await plane.kubectl("get", "namespaces,crds", "--output=name")).toBe(before);
  });

  test("comes up, accepted by the API server", async () => {
    const up = await stack.mustRun(...UP);
    expect(new Set(up.steps.map(({ op }) => op))).toEqual(new Set(["create"]));
    expect(up.warnings).toEqual([]);
    expect(up.output).toContain("https://code.example.org");
    expect(await modelsList()).toContain("paid/model-999");
  });

  test("has every pod let in by the rules of its namespace", async () => {
    const names = (await letIn(plane, [EDGE, SYSTEM])).map((name) => name.replace(/-[^-]+$/, ""));
    expect(names).toEqual(["cloudflared", "oauth2-proxy", "router", "traefik"]);
  });

  test("shows no secret in its state, its configuration or what it says", async () => {
    const objects = (await Promise.all([EDGE, SYSTEM, SESSIONS].map(secretsOf))).flat();
    const stored = objects.flatMap(({ data = {} }) => Object.values(data));
    const texts = stored.map((text) => Buffer.from(text, "base64").toString());
    const given = [CLIENT_SECRET, TOKEN, MODEL_KEY];
    // Who may sign in is in a Secret, too; the configuration has it in plain text.
    const secrets = [...given, ...stored, ...texts].filter((text) => text.length > 15 && text.trim() !== PERSON);
    expect(secrets.length).toBeGreaterThan(10);
    const { output } = await stack.mustRun("stack", "output");
    const shown = `${stack.kept()}${output}${stack.said}`;
    expect(shown).toContain(SESSIONS);
    expect(secrets.filter((text) => shown.includes(text) || shown.includes(JSON.stringify(text).slice(1, -1)))).toEqual(
      [],
    );
  });

  test("has nothing to do when nothing changed", async () => {
    const again = await stack.mustRun(...UP, "--expect-no-changes");
    expect(changes(again)).toEqual([]);
  });
});

describe("a stack that changes", { concurrent: false }, () => {
  test("gets another list of models, and nothing else", async () => {
    await stack.configure({ "models.url": openRouter.url("pages") });
    const before = await modelsList();
    expect(changes(await stack.mustRun(...UP))).toEqual(["update models"]);
    expect(await modelsList()).not.toBe(before);
  });

  test("keeps its list where OpenRouter has none to give, and says why", async () => {
    await stack.configure({ "models.url": openRouter.url("html") });
    const before = await modelsList();
    const up = await stack.mustRun(...UP);
    expect(changes(up)).toEqual([]);
    expect(up.warnings).toEqual([
      expect.stringMatching(/list of models at .*html.*cannot be used.*The list that is deployed stays/s),
    ]);
    expect(await modelsList()).toBe(before);
  });

  test("takes a list that is required for a reason to stop", async () => {
    await stack.configure({ "models.required": "true" });
    const preview = await stack.run("preview");
    await stack.configure({ "models.required": "false", "models.url": openRouter.url("pages") });
    expect(preview.code).not.toBe(0);
    expect(preview.output).toContain("Because models.required is true, nothing is deployed without it.");
    expect(preview.output).not.toMatch(/^ +at .*:\d+/m);
  });

  test("rotates its edge secret, and knows the last one still", async () => {
    const before = await routerSecret();
    await stack.configure({ secretEpoch: "2" });
    const up = await stack.mustRun(...UP);
    const after = await routerSecret();
    expect(after["EDGE_SECRET_PREVIOUS"]).toBe(before["EDGE_SECRET"]);
    expect(after["EDGE_SECRET"]).not.toBe(before["EDGE_SECRET"]);
    const { EDGE_SECRET: _now, EDGE_SECRET_PREVIOUS: _last, ...others } = after;
    expect(before).toMatchObject(others);
    expect(changes(up)).toContain("create edge-secret-2");
    expect(changes(up).filter((one) => !/^(create|update) /.test(one))).toEqual([]);
  });
});

describe("a stack that goes", { concurrent: false }, () => {
  let session: Named;
  let claim: Named;
  let ids: Record<string, string>;

  test("leaves sessions and their files where they are", async () => {
    ids = await routerSecret();
    const labels = { "opencode-router.dev/session": HASH };
    session = await plane.api.call("POST", `/apis/opencode-router.dev/v1alpha1/namespaces/${SESSIONS}/sessions`, {
      apiVersion: "opencode-router.dev/v1alpha1",
      kind: "Session",
      metadata: { name: HASH },
      spec: { hash: HASH, owner: "alice@example.org", desired: "stopped" },
    });
    claim = await plane.api.call("POST", `/api/v1/namespaces/${SESSIONS}/persistentvolumeclaims`, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: `session-${HASH}`, labels },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });
    await stack.mustRun(...DESTROY);
    await expectKept();
    for (const namespace of [EDGE, SYSTEM])
      expect(await list(`/apis/apps/v1/namespaces/${namespace}/deployments`)).toEqual([]);
    expect(await plane.api.find(KIND)).toBeDefined();
    expect(await plane.api.find(DATABASE)).toBeDefined();
    // Pods of sessions run on, and reach no more than before.
    const policies = await list<Named>(`/apis/networking.k8s.io/v1/namespaces/${SESSIONS}/networkpolicies`);
    expect(policies.map(({ metadata }) => metadata.name).toSorted()).toEqual(["default-deny", "sessions"]);
  });

  test("comes back to what it left, with the secrets that sessions are bound to", async () => {
    await stack.mustRun(...UP);
    await expectKept();
    const now = await routerSecret();
    for (const name of ["SESSION_ID_SECRET", "TOKEN_SECRET"]) expect([name, now[name]]).toEqual([name, ids[name]]);
    expect(changes(await stack.mustRun(...UP, "--expect-no-changes"))).toEqual([]);
  });

  test("leaves them also when all protection is taken away", async () => {
    await stack.mustRun("state", "unprotect", "--all", "--yes");
    await stack.mustRun("destroy", "--yes", "--skip-preview");
    await expectKept();
    expect(await plane.api.find(KIND)).toBeDefined();
    expect(await plane.api.find(`/api/v1/namespaces/${SYSTEM}`)).toBeUndefined();
  });

  test("takes up again what it has forgotten when it is told to", async () => {
    const forgotten = await stack.run(...UP);
    expect(forgotten.output).toContain("already exists");
    await stack.withEnvironment({ PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true" }).mustRun(...UP);
    await expectKept();
    expect(changes(await stack.mustRun(...UP))).toEqual(["update cluster"]);
  });

  async function expectKept(): Promise<void> {
    const path = `/apis/opencode-router.dev/v1alpha1/namespaces/${SESSIONS}/sessions/${HASH}`;
    expect((await plane.api.find<Named>(path))?.metadata.uid).toBe(session.metadata.uid);
    const claims = `/api/v1/namespaces/${SESSIONS}/persistentvolumeclaims/session-${HASH}`;
    expect((await plane.api.find<Named>(claims))?.metadata.uid).toBe(claim.metadata.uid);
  }
});

describe("a stack that is configured wrongly", { concurrent: false }, () => {
  test("is told every problem at once, and nothing of the program", async () => {
    await stack.configure({ "auth.clientSecret": "", domian: "example.org", "router.replicas": "3" });
    const preview = await stack.run("preview");
    expect(preview.code).not.toBe(0);
    expect(preview.output).toContain("domian: is not known");
    expect(preview.output).toContain("auth.clientSecret: ");
    expect(preview.output).toContain("router.replicas: ");
    expect(preview.output).not.toMatch(/^ +at .*:\d+/m);
    expect(preview.steps.filter(({ type }) => type.startsWith("kubernetes:"))).toEqual([]);
  });
});
