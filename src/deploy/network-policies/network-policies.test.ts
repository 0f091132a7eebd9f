import { describe } from "vitest";
import { CREDENTIALS, dropping, read } from "../settings/stack.fixture.ts";
import { API, check } from "../../../test/harness/network-places.ts";

describe("the five-minute path", () => {
  check(read(API), {
    allowed: `
      cloudflared → traefik:8000
      cloudflared → internet:7844
      cloudflared → internet:7844/udp
      cloudflared → internet over IPv6:7844/udp
      cloudflared → internet:443
      traefik → oauth2-proxy:4180
      traefik → router:3000
      traefik → router:4096
      oauth2-proxy → internet:443
      router → session:4100
      router → API server:443
      router → public API server:6443
      router → internet:443
      router → internet:22
      session → router:3001
      session → internet:443
      session → internet:22
      session → internet over IPv6:443
      session → dns:53
      session → dns:53/udp
      session → node-local dns:53/udp
      traefik → dns:53/udp
      oauth2-proxy → dns:53/udp
      cloudflared → node-local dns:53
      router → dns:53/udp
      prometheus → router:3001
      prometheus → traefik:9000
      prometheus → oauth2-proxy:44180
      prometheus → cloudflared:2000`,
    refused: `
      session → another session:4100
      another session → session:3000
      session → metadata:80
      session → metadata over IPv6:80
      session → mapped metadata:80
      session → azure host:80
      session → private server:443
      session → private server over IPv6:443
      session → API server:443
      session → internet:25
      session → internet:53/udp
      session → node-local dns:80
      session → dns:9153
      session → oauth2-proxy:4180
      session → traefik:8000
      session → traefik:9000
      session → router:3000
      session → router:4096
      session → cloudflared:2000
      session → prometheus:9090
      router → session:3000
      router → session:4096
      router → metadata:80
      router → private server:443
      router → oauth2-proxy:4180
      router → internet:8080
      traefik → router:3001
      traefik → session:4100
      traefik → internet:443
      traefik → API server:443
      cloudflared → router:3000
      cloudflared → router:3001
      cloudflared → oauth2-proxy:4180
      cloudflared → traefik:9000
      cloudflared → session:4100
      cloudflared → private server:443
      cloudflared → metadata:80
      oauth2-proxy → router:3000
      oauth2-proxy → internet:80
      oauth2-proxy → metadata:443
      oauth2-proxy → private server:443
      oauth2-proxy → session:4100
      internet → traefik:8000
      their traefik → router:3000
      their traefik → traefik:8000
      prometheus → router:3000
      prometheus → oauth2-proxy:4180
      prometheus → session:4100
      stranger → router:3000
      stranger → router:3001
      stranger → traefik:8000
      stranger → session:4100
      internet → router:3000
      internet → session:4100
      any pod of edge → router:3000
      any pod of edge → internet:443
      pre-puller → internet:443
      pre-puller → router:3001
      pre-puller → session:4100
      pre-puller → dns:53/udp
      session → pre-puller:80`,
  });
});

const OIDC = {
  ...API,
  ...dropping("auth.githubOrg", "tunnel.token"),
  "auth.provider": "oidc",
  "auth.allowedGroups": "staff",
  "tunnel.kind": "credentials",
  "tunnel.credentials": CREDENTIALS,
};

describe("with OpenID Connect, whose issuer may be anywhere, and Redis", () => {
  check(read({ ...OIDC, "auth.issuer": "https://id.example.org:8443/realms/x" }), {
    allowed: `
      oauth2-proxy → private server:8443
      oauth2-proxy → private server:443
      oauth2-proxy → internet:443
      oauth2-proxy → redis:6379`,
    refused: `
      oauth2-proxy → private server:5432
      oauth2-proxy → metadata:80
      oauth2-proxy → router:3000
      router → redis:6379
      session → redis:6379
      traefik → redis:6379
      cloudflared → redis:6379
      prometheus → redis:6379
      redis → internet:443
      redis → oauth2-proxy:4180
      redis → dns:53/udp`,
  });
});

describe("with an issuer that is a Service of the cluster", () => {
  check(read({ ...OIDC, "auth.issuer": "https://keycloak.db.svc.cluster.local" }), {
    allowed: "oauth2-proxy → database pod:8443",
    refused: `
      oauth2-proxy → stranger:8443
      session → database pod:8443`,
  });
});

const PEM = (what: string) => `-----BEGIN ${what}-----\nMIIB\n-----END ${what}-----\n`;
const NO_TUNNEL = { ...API, ...dropping("tunnel.token"), "tunnel.kind": "none" };
const WITH_CERTIFICATE = { "tls.certificate": PEM("CERTIFICATE"), "tls.key": PEM("PRIVATE KEY") };

describe("without a tunnel, with PostgreSQL", () => {
  check(read({ ...NO_TUNNEL, ...WITH_CERTIFICATE, "database.kind": "deploy", "router.replicas": "3" }), {
    allowed: `
      internet → traefik:8000
      internet → traefik:8080
      private server → traefik:8000
      stranger → traefik:8000
      router → postgres:5432
      traefik → router:3000`,
    refused: `
      internet → traefik:9000
      internet → oauth2-proxy:4180
      session → traefik:8000
      session → postgres:5432
      traefik → postgres:5432
      oauth2-proxy → postgres:5432
      stranger → postgres:5432
      prometheus → postgres:5432
      any pod of edge → postgres:5432
      internet → postgres:5432
      postgres → internet:443
      postgres → router:3000
      router → router:3000
      router → router:5432
      cloudflared → internet:7844`,
  });
});

describe("with a Traefik that is there", () => {
  const EXISTING = { ...API, "traefik.install": "false", "traefik.namespace": "kube-ingress" };
  const refused = `
      pod beside their traefik → router:3000
      stranger → router:3000
      their traefik → router:3001
      their traefik → session:4100
      their traefik → redis:6379
      traefik → router:3000
      oauth2-proxy → their traefik:8443
      internet → oauth2-proxy:4180
      session → their traefik:8443`;
  const allowed = `
      their traefik → oauth2-proxy:4180
      their traefik → router:3000
      their traefik → router:4096`;
  describe("and a tunnel", () => {
    check(read(EXISTING), {
      allowed: `${allowed}
        cloudflared → their traefik:8443
        cloudflared → their traefik:8000`,
      refused: `${refused}
        cloudflared → pod beside their traefik:8000
        cloudflared → router:3000
        cloudflared → stranger:8000`,
    });
  });
  describe("and servers of the operator's", () => {
    const servers = {
      "database.kind": "url",
      "database.url": "postgres://u:p@10.1.2.3:6432/x",
      "auth.sessionStore": "redis",
      "auth.redisUrl": "rediss://:p@cache.example.com:6380",
    };
    check(read({ ...EXISTING, ...NO_TUNNEL, ...servers }), {
      allowed: `${allowed}
        router → private server:6432
        oauth2-proxy → internet:6380
        oauth2-proxy → private server:6380`,
      refused: `${refused}
        router → private server:5432
        router → internet:6432
        router → database pod:6432
        session → private server:6432
        oauth2-proxy → private server:6379
        oauth2-proxy → private server:6432
        cloudflared → internet:7844`,
    });
    const inCluster = { ...servers, "database.url": "postgres://u:p@pool.db.svc/x" };
    check(read({ ...EXISTING, ...NO_TUNNEL, ...inCluster }), {
      allowed: "router → database pod:6432",
      refused: "session → database pod:6432",
    });
  });
  describe("and an issuer behind it", () => {
    check(read({ ...EXISTING, ...OIDC, "auth.issuer": "https://id.example.org" }), {
      allowed: "oauth2-proxy → their traefik:8443",
      refused: "oauth2-proxy → pod beside their traefik:8443",
    });
  });
});
