import { describe, expect, test } from "vitest";
import { CREDENTIALS, dropping, problemsOf, TOKEN } from "./stack.fixture.ts";

type Given = Readonly<Record<string, string>>;
type Case = [what: string, given: Given, ...problems: string[]];
const NO_TUNNEL: Given = { ...dropping("tunnel.token"), "tunnel.kind": "none" };

const check = (cases: readonly Case[]) =>
  test.each(cases)("%s", (_, given, ...problems) => {
    expect(problemsOf(given)).toEqual(problems);
  });

describe("the way in", () => {
  const TOKEN_PROBLEM =
    "tunnel.token: is not a tunnel's token: copy what stands after --token on the tunnel's page of Cloudflare, which decodes to the tunnel's UUID";
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
  check([
    ["a token that is none", { "tunnel.token": "abc" }, TOKEN_PROBLEM],
    ["a token of something else", { "tunnel.token": encode({ a: "x", t: "not-a-uuid", s: "y" }) }, TOKEN_PROBLEM],
    [
      "a token without its secret",
      { "tunnel.token": encode({ a: "x", t: "6ff42ae2-765d-4adf-8112-31c55c1551ef" }) },
      TOKEN_PROBLEM,
    ],
    [
      "no token",
      dropping("tunnel.token"),
      "tunnel.token: is missing with tunnel.kind token: `pulumi config set --secret tunnel.token`, or `pulumi config set tunnel.kind none`",
    ],
    [
      "credentials that are a token",
      { ...dropping("tunnel.token"), "tunnel.kind": "credentials", "tunnel.credentials": TOKEN },
      "tunnel.credentials: is not a credentials file: give the JSON that `cloudflared tunnel create` wrote, with AccountTag, TunnelSecret and TunnelID",
    ],
    [
      "a token and credentials",
      { "tunnel.credentials": CREDENTIALS },
      "tunnel.credentials: has no effect with tunnel.kind token: remove it, or set tunnel.kind to credentials",
    ],
    [
      "neither tunnel nor certificate",
      NO_TUNNEL,
      "tls.secretName: without a tunnel, Traefik needs a certificate of the wildcard: set it, or tls.certificate and tls.key",
    ],
    [
      "a certificate without its key",
      { ...NO_TUNNEL, "tls.certificate": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----" },
      "tls.key: is missing beside tls.certificate: `pulumi config set --secret tls.key < key.pem`",
    ],
    [
      "a certificate that is a key",
      {
        ...NO_TUNNEL,
        "tls.secretName": "x",
        "tls.certificate": "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",
      },
      "tls.certificate: must be a certificate in PEM, with its chain",
    ],
    [
      "a Service beside a tunnel",
      { "service.type": "NodePort" },
      "service.type: has no effect with tunnel.kind token: remove it, or set tunnel.kind to none",
    ],
    [
      "a node port of a Service that has none",
      { ...NO_TUNNEL, "tls.secretName": "x", "service.type": "ClusterIP", "service.nodePort": "30443" },
      "service.nodePort: a Service of type ClusterIP has none: remove it, or set service.type NodePort",
    ],
    [
      "a Traefik of unknown whereabouts",
      { "traefik.install": "false" },
      "traefik.namespace: is missing with traefik.install false: `pulumi config set traefik.namespace …`",
    ],
    [
      "a record without its zone",
      { "dns.manage": "true" },
      "dns.zoneId: is missing with dns.manage true: `pulumi config set dns.zoneId …` with the zone's id of 32 digits",
    ],
    [
      "a record of no tunnel, in a zone by its name",
      { ...NO_TUNNEL, "tls.secretName": "x", "dns.manage": "true", "dns.zoneId": "example.org" },
      "dns.manage: the record that it makes is of a tunnel: set it to false, and make the record for the Service yourself",
      "dns.zoneId: must be the 32 hexadecimal digits that Cloudflare shows on the domain's overview",
    ],
    [
      "ranges that are none",
      { "traefik.trustedIps": "10.0.0.0/33, 10.0.0.1, fd00::/129, fd00::/8" },
      'traefik.trustedIps: "10.0.0.0/33" must be a range such as 10.0.0.0/8 or fd00::/8',
      'traefik.trustedIps: "10.0.0.1" must be a range such as 10.0.0.0/8 or fd00::/8',
      'traefik.trustedIps: "fd00::/129" must be a range such as 10.0.0.0/8 or fd00::/8',
    ],
  ]);
});

describe("images", () => {
  check([
    ...["latest", "main", "dev"].map((tag): Case => [
      `the tag ${tag}`,
      { "images.traefik": `docker.io/traefik:${tag}`, "images.tag": tag },
      "images.tag: names another image tomorrow: use the tag of a version",
      `images.traefik: the tag ${tag} names another image tomorrow: use the tag of a version, or a digest`,
    ]),
    [
      "no tag",
      { "images.router": "localhost:5000/router" },
      "images.router: needs a tag or a digest: …:1.2.3 or …@sha256:…",
    ],
    [
      "no image",
      { "images.router": "Router 1" },
      "images.router: must be an image such as registry.example.org/router:1.2.3",
    ],
    ["a digest, and a port", { "images.router": `localhost:5000/a/router@sha256:${"0".repeat(64)}` }],
    [
      "credentials that are none",
      { imagePullSecret: "{}" },
      'imagePullSecret: must be the content of a Docker config.json, with "auths"',
    ],
  ]);
});

describe("router, database and sessions", () => {
  check([
    [
      "two routers with one file",
      { "router.replicas": "2", "router.hpaMaxReplicas": "5" },
      "router.replicas: the embedded database has one router: set database.kind to deploy or url for more",
      "router.hpaMaxReplicas: the embedded database has one router: set database.kind to deploy or url for more",
    ],
    [
      "an autoscaler without room",
      { "database.kind": "deploy", "router.replicas": "3", "router.hpaMaxReplicas": "3" },
      "router.hpaMaxReplicas: must be more than router.replicas, 3, or 0",
    ],
    [
      "a database without address",
      { "database.kind": "url" },
      "database.url: is missing with database.kind url: `pulumi config set --secret database.url`",
    ],
    [
      "a database of another kind",
      { "database.kind": "url", "database.url": "mysql://db" },
      "database.url: must be a URL that starts with postgres:// or postgresql://",
    ],
    [
      "quantities that are none",
      { "sessions.storageSize": "10GB" },
      "sessions.storageSize: must be a quantity such as 10Gi",
    ],
    [
      "resources that are none",
      { "sessions.resources": '{"requests":{"cpu":"a lot"},"limits":{}}', "router.resources": "500m" },
      "router.resources: must be an object: write it below its key in Pulumi.<stack>.yaml",
      "sessions.resources: requests.cpu: must be a quantity such as 500m or 10Gi",
      "sessions.resources: requests: must have cpu and memory",
      "sessions.resources: limits: must have memory",
    ],
    [
      "more than the limit",
      { "router.resources": '{"requests":{"cpu":"1","memory":"1Gi"},"limits":{"memory":"512Mi"}}' },
      "router.resources: the request of memory, 1Gi, is over its limit, 512Mi",
    ],
    [
      "a quota for no session",
      { "sessions.quota": '{"requests.storage":"5Gi","pods":"0","limits.ephemeral-storage":"1Ti"}' },
      "sessions.quota: pods of 0 admits not one session, which takes 1",
      "sessions.quota: requests.storage of 5Gi admits not one session, which takes 10Gi",
      "sessions.quota: limits.ephemeral-storage admits no session, for sessions.resources has no such limit",
    ],
    [
      "limits for no session",
      { "sessions.limits": '{"max":{"memory":"1Gi"},"min":{"cpu":"1"}}' },
      "sessions.limits: max admits no session: the limit of memory, 4Gi, is over its limit, 1Gi",
      "sessions.limits: min is over what a session requests",
    ],
    [
      "variables that are the platform's, or no variables",
      { "sessions.env": '{"PATH":"/bin","A B":"c","LINES":"a\\nb"}' },
      "sessions.env: PATH belongs to the platform: choose another name",
      'sessions.env: "A B" is not the name of a variable',
      "sessions.env: LINES must be one line",
    ],
    [
      "a variable twice, and a key in plain text",
      {
        "sessions.env": '{"A":"1","OPENROUTER_API_KEY":"x"}',
        "sessions.secretEnv": '{"A":"2","OPENROUTER_FREE_API_KEY":"y"}',
        "openrouter.freeApiKey": "z",
      },
      "sessions.env: A is in sessions.secretEnv, too: remove one of them",
      "sessions.env: OPENROUTER_API_KEY is a secret: `pulumi config set --secret openrouter.apiKey`",
      "sessions.secretEnv: OPENROUTER_FREE_API_KEY is openrouter.freeApiKey, too: remove one of them",
    ],
    [
      "ports and ranges that are none",
      { "sessions.egressPorts": "0,70000", "sessions.extraEgress": '[{"cidr":"db.internal"}]' },
      'sessions.egressPorts: "0" must be a port from 1 to 65535',
      'sessions.egressPorts: "70000" must be a port from 1 to 65535',
      "sessions.extraEgress: 0.cidr: must be a range such as 10.1.2.3/32",
    ],
    [
      "a list that is required and never fetched",
      { "models.source": "none", "models.required": "true" },
      "models.required: has no effect with models.source none: remove it, or set models.source to live",
    ],
    [
      "a model in and out",
      { "models.include": "a/b", "models.exclude": "a/b" },
      "models.exclude: a/b is in models.include, too: remove one of them",
    ],
    [
      "a short secret",
      { edgeSecretPrevious: "short" },
      "edgeSecretPrevious: must have at least 16 characters, and no space",
    ],
    [
      "an edge secret beside one that the program made",
      { secretEpoch: "3", edgeSecretPrevious: "0123456789abcdef" },
      "edgeSecretPrevious: has no effect with secretEpoch 3, where the secret of epoch 2 is the one that stays accepted: remove it",
    ],
    ["an edge secret of somebody else, at first", { edgeSecretPrevious: "0123456789abcdef" }],
    [
      "administrators that the router would take for more",
      { "router.admins": '["ann,eve@example.org"]', "router.adminGroups": '["cn=ops,ou=acme"]' },
      'router.admins: "ann,eve@example.org" has a comma, which the router takes for two',
      'router.adminGroups: "cn=ops,ou=acme" has a comma, which the router takes for two',
    ],
    [
      "a variable that no file of variables can tell",
      { "sessions.env": JSON.stringify({ A: "'\"` #", B: 'it\'s "fine"' }) },
      "sessions.env: A has all kinds of quotes in it, which no line of a .env file can tell: put it into sessions.secretEnv",
    ],
    [
      "a name that is too long",
      { name: "a".repeat(33) },
      "name: must be up to 32 lower-case letters, digits and hyphens, from a letter to a letter or digit",
    ],
  ]);
});
