import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../settings/settings.ts";
import { cloudflareDns, type CloudflareAccess, type DnsRecordProps } from "./cloudflare-dns.ts";
import { requiredDnsRecords } from "./dns-records.ts";

const API = "https://api.cloudflare.com/client/v4";

class CloudflareRecord extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    { access, props }: { access: CloudflareAccess; props: DnsRecordProps },
    options: pulumi.CustomResourceOptions,
  ) {
    super(cloudflareDns(access), name, { ...props }, options, "opencode-router", "CloudflareRecord");
  }
}

export interface DnsRecordsArgs extends Pick<Settings, "name" | "namespaces" | "hosts" | "traefik" | "entrance"> {
  readonly zoneId: string;
  /** Where the token is from: `cloudflareToken` of config.ts. A function, because its text goes into the state, and no token. */
  readonly readToken: CloudflareAccess["readToken"];
}

/**
 * Makes the records of the tunnel at Cloudflare. Records that somebody else made under these names are left as they are, and end
 * the `up` with what to do about them.
 */
export class DnsRecords extends pulumi.ComponentResource {
  constructor(name: string, args: DnsRecordsArgs, options?: pulumi.ComponentResourceOptions) {
    super("opencode-router:tunnel:DnsRecords", name, {}, options);
    const access: CloudflareAccess = { readToken: args.readToken, api: API, pauseMs: 1_000 };
    const comment = `opencode-router, stack ${args.name}`;
    for (const record of requiredDnsRecords(args)) {
      if (record.type !== "CNAME") continue;
      const props = { zoneId: args.zoneId, name: record.name, content: record.content, comment };
      new CloudflareRecord(record.name, { access, props }, { parent: this });
    }
    this.registerOutputs({});
  }
}
