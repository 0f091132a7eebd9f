import type * as pulumi from "@pulumi/pulumi";
import { traefikUrl } from "./edge/edge-of-settings.ts";
import type { ModelCount } from "./models/choose.ts";
import type { Settings } from "./settings/settings.ts";
import { requiredDnsRecords, tunnelTarget, type RequiredDnsRecord } from "./tunnel/dns-records.ts";
import { hostsOfEdge } from "./tunnel/wildcards.ts";

/** The list of models that is deployed. */
export interface ModelsOutput {
  /** `live`, `snapshot of <date>` or `none`. */
  readonly source: pulumi.Input<string>;
  readonly count?: pulumi.Input<ModelCount>;
}

/** What the operator has to know afterwards: the outputs of the stack. No secrets. */
export interface PlatformOutputs {
  /** Where people go. */
  readonly url: string;
  /** What the OAuth App or OIDC client must have as its callback. */
  readonly callbackUrl: string;
  /** Names that must lead to the edge. */
  readonly hosts: readonly string[];
  /** The records that the domain needs. */
  readonly dnsRecords: readonly RequiredDnsRecord[];
  /** Where the records of the domain lead to. Absent without a tunnel, as the next. */
  readonly tunnelTarget?: string;
  /** Where the tunnel sends what comes: to be said at Cloudflare of a tunnel that was made there. */
  readonly tunnelService?: string;
  readonly namespaces: Settings["namespaces"];
  readonly models: ModelsOutput;
}

export const platformOutputs = (settings: Settings, models: ModelsOutput): PlatformOutputs => ({
  url: `https://${settings.hosts.mainHost}`,
  callbackUrl: `https://${settings.hosts.oauthHost}/oauth2/callback`,
  hosts: hostsOfEdge(settings.hosts),
  dnsRecords: requiredDnsRecords(settings),
  ...tunnelOutputs(settings),
  namespaces: settings.namespaces,
  models,
});

const tunnelOutputs = (settings: Settings): Pick<PlatformOutputs, "tunnelTarget" | "tunnelService"> =>
  settings.entrance.kind === "tunnel"
    ? { tunnelTarget: tunnelTarget(settings.entrance.tunnel.id), tunnelService: traefikUrl(settings) }
    : {};
