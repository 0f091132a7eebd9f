import { PROGRAMS, SERVICES } from "../objects/programs.ts";
import type { Settings } from "../settings/settings.ts";
import { ATTACH_LIMITS, clusterService, type EdgeOptions } from "./edge-options.ts";

/** What the routes are made of besides the one secret in them. */
export type PlainEdge = Omit<EdgeOptions, "edgeSecret">;

export type EdgeSlice = Pick<Settings, "namespaces" | "hosts" | "auth" | "traefik" | "entrance">;

/** Entry point of a Traefik of ours. */
export const OUR_ENTRY_POINT = "web";

/** The edge of a stack. Routes lead to the fixed names of its Services. */
export function edgeOf({ namespaces, hosts, auth, traefik, entrance }: EdgeSlice): PlainEdge {
  const { router, "oauth2-proxy": signIn } = PROGRAMS;
  const tunnel = entrance.kind === "tunnel";
  return {
    ...hosts,
    proto: "https",
    services: {
      router: clusterService(SERVICES.router, namespaces.system, router.ports.public),
      attach: clusterService(SERVICES.attach, namespaces.system, router.ports.attach),
      "oauth2-proxy": clusterService(SERVICES.signIn, namespaces.edge, signIn.ports.http),
    },
    cookieName: auth.cookieName,
    entryPoint: traefik.install ? OUR_ENTRY_POINT : traefik.entryPoint,
    tls: isTls({ traefik, entrance }),
    // Of a tunnel nobody's word is taken but Cloudflare's own header.
    trustedIps: traefik.install && !tunnel ? traefik.trustedIps : [],
    tunnel,
    attachLimits: ATTACH_LIMITS,
  };
}

/**
 * Whether Traefik itself ends TLS. A tunnel says it by the scheme of the address that it sends to. Without one, people come to an
 * existing Traefik by https: by TLS, unless its entry point has the name that Traefik's chart gives to the one without.
 */
const isTls = ({ traefik, entrance }: Pick<EdgeSlice, "traefik" | "entrance">): boolean => {
  if (traefik.install) return entrance.kind === "service";
  return entrance.kind === "tunnel" ? traefik.serviceUrl.startsWith("https:") : traefik.entryPoint !== "web";
};

/** Where a tunnel sends what comes for the stack's hosts. */
export const traefikUrl = ({ namespaces, traefik }: Pick<Settings, "namespaces" | "traefik">): string =>
  traefik.install ? clusterService(SERVICES.traefik, namespaces.edge, 80).url : traefik.serviceUrl;
