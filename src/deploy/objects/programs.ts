/** The three namespaces, as `Settings.namespaces` names them. */
export type Zone = "edge" | "system" | "sessions";

/** A program that the stack deploys: where its pods are, and the ports that their containers listen on. */
interface Program {
  readonly zone: Zone;
  readonly ports: Readonly<Record<string, number>>;
}

/**
 * Every program with a port. Containers, Services, probes and network policies all take the numbers from here; policies and
 * Services name the ports of containers.
 */
export const PROGRAMS = {
  traefik: { zone: "edge", ports: { web: 8000, plain: 8080, inside: 9000 } },
  "oauth2-proxy": { zone: "edge", ports: { http: 4180, metrics: 44_180 } },
  redis: { zone: "edge", ports: { redis: 6379 } },
  cloudflared: { zone: "edge", ports: { metrics: 2000 } },
  router: { zone: "system", ports: { public: 3000, attach: 4096, internal: 3001 } },
  postgres: { zone: "system", ports: { postgres: 5432 } },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof PROGRAMS;

/** Names that people's tunnels and the settings of the router rely on: `<service>.<namespace>.svc.cluster.local`. */
export const SERVICES = {
  traefik: "traefik",
  signIn: "oauth2-proxy",
  redis: "redis",
  router: "router",
  attach: "router-attach",
  internal: "router-internal",
  postgres: "postgres",
} as const;
