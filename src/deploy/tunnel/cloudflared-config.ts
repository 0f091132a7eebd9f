import { stringify } from "yaml";
import type { HostSettings } from "../settings/settings.ts";
import { hostsOfEdge } from "./wildcards.ts";

export interface CloudflaredOptions {
  readonly tunnelId: string;
  /** Where it is mounted. */
  readonly credentialsFile: string;
  readonly hosts: HostSettings;
  /** URL of Traefik inside of the cluster. */
  readonly target: string;
}

/** `config.yml` of a tunnel that is managed here. All hosts lead to Traefik, which knows them; the last rule is for no host. */
export const cloudflaredConfig = ({ tunnelId, credentialsFile, hosts, target }: CloudflaredOptions): string =>
  stringify(
    {
      tunnel: tunnelId,
      "credentials-file": credentialsFile,
      // Traefik's certificate is for the hosts of people, not for its name in the cluster.
      ...(target.startsWith("https:") ? { originRequest: { matchSNItoHost: true } } : {}),
      ingress: [
        ...hostsOfEdge(hosts).map((hostname) => ({ hostname, service: target })),
        { service: "http_status:404" },
      ],
    },
    { lineWidth: 0 },
  );
