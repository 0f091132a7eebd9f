import type { Settings } from "../../../src/deploy/settings/settings.ts";
import { may, type NetworkPolicy } from "../policy-semantics.ts";
import { ofKind, type ClusterObject, type PodTemplate } from "./objects.ts";

const SESSION = "opencode-session";

/** Every connection between pods of a stack that there may be, by the names of both and the port of the second. */
const TABLE = [
  "cloudflared → traefik:8000",
  "traefik → oauth2-proxy:4180",
  "traefik → router:3000",
  "traefik → router:4096",
  "oauth2-proxy → redis:6379",
  "router → postgres:5432",
  `router → ${SESSION}:4100`,
  `${SESSION} → router:3001`,
];

/** Ports of well-known services, and some that nobody has: sessions listen where they like. */
const OTHER_PORTS = [22, 53, 80, 443, 5173, 9090, 9222];

/**
 * Connections between pods that the policies of the cluster allow and the table does not, or the other way round.
 * @param templates of all pods, those of sessions among them
 */
export function reachProblems(
  objects: readonly ClusterObject[],
  templates: readonly PodTemplate[],
  { entrance, cluster }: Pick<Settings, "entrance" | "cluster">,
): string[] {
  const policies = ofKind(objects, "NetworkPolicy") as unknown as NetworkPolicy[];
  const ports = [...new Set([...templates.flatMap(portsOf), ...OTHER_PORTS])];
  const allowed = templates.flatMap((from) =>
    templates.flatMap((to) =>
      ports
        .filter((port) => may(policies, { from: { ip: "10.0.0.1", pod: from }, to: { ip: "10.0.0.2", pod: to }, port }))
        .map((port) => `${programOf(from)} → ${programOf(to)}:${port}`),
    ),
  );
  const programs = templates.map(programOf);
  const isOpen = entrance.kind === "service" && cluster.apiServerCidrs.length === 0;
  const wanted = [
    ...TABLE.filter((row) =>
      row
        .split(/ → |:/)
        .slice(0, 2)
        .every((name) => programs.includes(name)),
    ),
    // Everybody may come in there, and a router that may go anywhere is somebody.
    ...(isOpen ? ["router → traefik:8000", "router → traefik:8080"] : []),
  ].filter((row) => entrance.kind === "tunnel" || !row.startsWith("cloudflared"));
  return [
    ...allowed.filter((row) => !wanted.includes(row)).map((row) => `${row} is allowed, and should not be`),
    ...wanted.filter((row) => !allowed.includes(row)).map((row) => `${row} is refused, and should not be`),
  ];
}

const programOf = ({ labels }: PodTemplate): string => labels["app.kubernetes.io/name"] ?? "nobody";

const portsOf = ({ spec }: PodTemplate): number[] =>
  spec.containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort));
