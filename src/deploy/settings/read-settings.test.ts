import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KEYS, KEY_NAMES, PROJECT } from "./keys.ts";
import { readSettings, SettingsError } from "./read-settings.ts";
import { CREDENTIALS, DOCKER_CONFIG, dropping, GITHUB, problemsOf, read, TOKEN, TUNNEL_ID } from "./stack.fixture.ts";

test("six values are a whole platform", () => {
  const settings = read({});
  expect(Object.keys(GITHUB)).toHaveLength(6);
  expect(settings.namespaces).toEqual({
    edge: "opencode-edge",
    system: "opencode-system",
    sessions: "opencode-sessions",
  });
  expect(settings.hosts).toEqual({
    domain: "example.org",
    mainHost: "code.example.org",
    oauthHost: "oauth.example.org",
    sessionDomain: "example.org",
    routeSuffix: "-oc",
    attachPrefix: "attach-",
  });
  expect(settings.images.router).toBe("ghcr.io/acme/router:0.1.0");
  expect(settings.images.session).toBe("ghcr.io/acme/opencode:0.1.0");
  expect(settings.entrance).toMatchObject({ kind: "tunnel", tunnel: { kind: "token", id: TUNNEL_ID } });
  expect(settings.auth).toMatchObject({ cookieName: "__Secure-opencode", sessionStore: { kind: "cookie" } });
  expect(settings.database).toEqual({ kind: "embedded", volume: { storageClass: undefined, size: "5Gi" } });
  expect(settings.warnings).toEqual([]);
});

test("the defaults that Pulumi adds from Pulumi.yaml change nothing", () => {
  const defaults = Object.fromEntries(
    KEY_NAMES.map((name) => {
      const { absent, ...key } = KEYS[name];
      if ("secret" in key || absent === undefined) return [name, ""];
      return [name, typeof absent === "string" ? absent : JSON.stringify(absent)];
    }),
  );
  expect(read({ ...defaults, ...GITHUB })).toEqual(read({}));
});

describe("structured values", () => {
  test.each([
    ["as JSON", '["Ann@Example.org", "bob@example.org"]'],
    ["with commas", "Ann@Example.org, bob@example.org,"],
  ])("a list %s", (_, given) => {
    expect(read({ "router.admins": given }).router.admins.emails).toEqual(["ann@example.org", "bob@example.org"]);
  });

  test("numbers and booleans of YAML become the text that Kubernetes wants", () => {
    const settings = read({
      "sessions.quota": '{"pods":20}',
      "sessions.env": '{"CI":true,"COUNT":3}',
      "sessions.nodeSelector": '{"pool":"sessions"}',
      "sessions.egressPorts": "[22,443]",
      "sessions.extraEgress": '[{"cidr":"10.1.2.3/32"},{"cidr":"10.2.0.0/16","ports":[5432]}]',
    });
    expect(settings.sessions).toMatchObject({
      quota: { pods: "20" },
      env: { CI: "true", COUNT: "3" },
      nodeSelector: { pool: "sessions" },
      egressPorts: [22, 443],
      extraEgress: [
        { cidr: "10.1.2.3/32", ports: [] },
        { cidr: "10.2.0.0/16", ports: [5432] },
      ],
    });
  });
});

describe("the other ways", () => {
  test("OIDC keeps its tokens in a Redis", () => {
    const settings = read({
      ...dropping("auth.githubOrg"),
      "auth.provider": "oidc",
      "auth.issuer": "https://id.example.org/realms/acme",
      "auth.allowedGroups": "staff",
      "auth.cookieRefresh": "50m",
    });
    expect(settings.auth).toMatchObject({
      provider: { kind: "oidc", issuer: "https://id.example.org/realms/acme", groups: ["staff"] },
      scopes: "openid profile email offline_access",
      sessionStore: { kind: "redis", server: "deploy" },
    });
  });

  test("a tunnel by its credentials", () => {
    const settings = read({
      ...dropping("tunnel.token"),
      "tunnel.kind": "credentials",
      "tunnel.credentials": CREDENTIALS,
    });
    expect(settings.entrance).toMatchObject({ kind: "tunnel", tunnel: { kind: "credentials", id: TUNNEL_ID } });
  });

  test("a Service with a certificate, and a Traefik that is there", () => {
    const noTunnel = { ...dropping("tunnel.token"), "tunnel.kind": "none" };
    expect(read({ ...noTunnel, "tls.secretName": "wildcard" }).entrance).toEqual({
      kind: "service",
      type: "LoadBalancer",
      annotations: {},
      loadBalancerClass: undefined,
      allowedCidrs: [],
      nodePort: undefined,
      tls: { kind: "secret", name: "wildcard" },
    });
    const existing = read({ ...noTunnel, "traefik.install": "false", "traefik.namespace": "kube-system" });
    expect(existing.entrance).toEqual({ kind: "existing-traefik" });
    expect(existing.traefik).toMatchObject({
      install: false,
      serviceUrl: "http://traefik.kube-system.svc.cluster.local:80",
    });
  });

  test("the keys of OpenRouter are secrets of the sessions, and the one for the free models is there only where it is given", () => {
    const reveal = (given: Record<string, string>) =>
      Object.entries(read(given).sessions.secretEnv).map(([name, secret]) => `${name}=${secret.reveal()}`);
    expect(reveal({ "openrouter.apiKey": "one" })).toEqual(["OPENROUTER_API_KEY=one"]);
    expect(reveal({ "openrouter.freeApiKey": "two", "sessions.secretEnv": '{"A_KEY":"three"}' })).toEqual([
      "OPENROUTER_FREE_API_KEY=two",
      "A_KEY=three",
    ]);
  });

  test("a domain where everybody has an address is allowed, with a warning", () => {
    expect(read({ "auth.allowedEmailDomains": "gmail.com" }).warnings).toEqual([
      "auth.allowedEmailDomains: everybody can have an address of gmail.com, so everybody may sign in",
    ]);
  });

  test("sessions deeper than Cloudflare's certificate are allowed, with a warning", () => {
    const deeper = { sessionDomain: "s.example.org" };
    expect(read(deeper).warnings).toEqual([expect.stringMatching(/^sessionDomain: .*\*\.s\.example\.org/)]);
    const certificate = { "tunnel.kind": "none", "tunnel.token": "", "tls.secretName": "wildcard" };
    expect(read({ ...deeper, ...certificate }).warnings).toEqual([]);
  });
});

test("all problems of all kinds come at once", () => {
  const problems = problemsOf({
    domain: "https://Example.org",
    "router.replicas": "3",
    "auth.clientSecrt": "x",
    "sessions.storageSize": "10 GB",
    "auth.provider": "oidc",
  });
  expect(problems.map((problem) => problem.slice(0, problem.indexOf(":"))).toSorted()).toEqual(
    [
      "auth.clientSecrt",
      "domain",
      "sessions.storageSize",
      "router.replicas",
      "auth.issuer",
      "auth.allowedEmails",
      "auth.githubOrg",
    ].toSorted(),
  );
});

describe("secrets", () => {
  test("are refused in plain text, and never told", () => {
    const given = {
      "auth.clientSecret": "hunter2hunter2",
      "tunnel.token": TOKEN,
      imagePullSecret: DOCKER_CONFIG,
    };
    for (const [name, value] of Object.entries(given)) {
      const problems = problemsOf({ [name]: value }, [name]);
      expect(problems).toEqual([
        `${name}: is a secret and stands in plain text: set it again with \`pulumi config set --secret ${name}\``,
      ]);
    }
  });

  const junk = ["hunter2", "{hunter2", '{"hunter2-name":"hunter2"}', '["hunter2"]', "-----BEGIN hunter2"];
  const secretNames = KEY_NAMES.filter((name) => "secret" in KEYS[name]);
  test.each(secretNames)("%s tells its value in no problem and in no text of the settings", (name) => {
    for (const text of junk) {
      const { given, secrets } = stack({ [name]: text });
      let told = "";
      try {
        const settings = readSettings(given, secrets);
        told = `${JSON.stringify(settings)}${String(settings)}`;
      } catch (error) {
        told = (error as Error).message;
      }
      expect(told.replaceAll("hunter2-name", "")).not.toContain("hunter2");
    }
  });
});

const stack = (given: Record<string, string>) => {
  const all = { ...GITHUB, ...given };
  const full = Object.entries(all).map(([name, value]) => [`${PROJECT}:${name}`, value] as const);
  return { given: Object.fromEntries(full), secrets: new Set(full.map(([name]) => name)) };
};

describe("junk", () => {
  const name = fc.oneof(
    fc.constantFrom(...KEY_NAMES),
    fc.string(),
    fc.constantFrom("__proto__", "constructor", "toString", "auth", "x".repeat(10_000)),
  );
  const namespace = fc.oneof(fc.constant(PROJECT), fc.string(), fc.constantFrom("kubernetes", "pulumi", "code", ""));
  const value = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constantFrom(
      TOKEN,
      CREDENTIALS,
      "",
      "{}",
      "[]",
      "null",
      "[null]",
      '{"__proto__":"x"}',
      '{"requests":null}',
      "0",
      "-1",
      "1e9",
    ),
  );
  test("is settings, or one error that lists problems", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(namespace, name, value), { maxLength: 8 }), fc.boolean(), (entries, isWhole) => {
        const given = {
          ...(isWhole ? stack({}).given : {}),
          ...Object.fromEntries(entries.map(([space, key, text]) => [`${space}:${key}`, text])),
        };
        try {
          readSettings(given, new Set(Object.keys(given)));
        } catch (error) {
          expect(error).toBeInstanceOf(SettingsError);
          const { problems } = error as SettingsError;
          expect(problems.length).toBeGreaterThan(0);
          expect(new Set(problems).size).toBe(problems.length);
        }
      }),
      { numRuns: 500 },
    );
  }, 60_000);
});
