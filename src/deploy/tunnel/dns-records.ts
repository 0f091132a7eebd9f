import { SERVICES } from "../objects/programs.ts";
import type { Settings } from "../settings/settings.ts";
import { hostsOfEdge } from "./wildcards.ts";

/** A record that the stack's hosts need: a stack output, for whoever looks after the domain. */
export type RequiredDnsRecord =
  | { readonly name: string; readonly type: "CNAME"; readonly content: string; readonly proxied: true }
  | {
      readonly name: string;
      readonly type: "A, AAAA or CNAME";
      /** In words: the address is the cluster's to give. */
      readonly content: string;
    };

/** Where Cloudflare takes what is for a tunnel. @param id the tunnel's UUID */
export const tunnelTarget = (id: string): string => `${id}.cfargotunnel.com`;

export function requiredDnsRecords(
  settings: Pick<Settings, "namespaces" | "hosts" | "traefik" | "entrance">,
): RequiredDnsRecord[] {
  const { hosts, entrance } = settings;
  if (entrance.kind === "tunnel") {
    const content = tunnelTarget(entrance.tunnel.id);
    return hostsOfEdge(hosts).map((name) => ({ name, type: "CNAME", content, proxied: true }));
  }
  return hostsOfEdge(hosts).map((name) => ({ name, type: "A, AAAA or CNAME", content: whereTo(settings) }));
}

function whereTo({ namespaces, traefik, entrance }: Pick<Settings, "namespaces" | "traefik" | "entrance">): string {
  if (!traefik.install || entrance.kind !== "service") return "where the Traefik that is there is reached from outside";
  const service = `Service ${SERVICES.traefik} in ${namespaces.edge}`;
  switch (entrance.type) {
    case "LoadBalancer":
      return `the external address of ${service}`;
    case "NodePort":
      return `nodes with a pod of Traefik, on the port for https of ${service}, or what stands before them`;
    case "ClusterIP":
      return `what leads to ${service}`;
  }
}
