import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Zone } from "../objects/programs.ts";
import { flowWarnings, type FlowSettings } from "./flows.ts";
import { networkPolicies } from "./render.ts";

export interface NetworkPoliciesArgs {
  readonly settings: FlowSettings;
  /** The namespaces once they are there, such as `Namespaces` has them. */
  readonly namespaces: Readonly<Record<Zone, pulumi.Input<string>>>;
}

/** Who may connect to whom: `flows.ts` is the table. Warns of what it has to leave open. */
export class NetworkPolicies extends pulumi.ComponentResource {
  constructor(name: string, { settings, namespaces }: NetworkPoliciesArgs, options?: pulumi.ComponentResourceOptions) {
    super("opencode-router:network-policies:NetworkPolicies", name, {}, options);
    for (const warning of flowWarnings(settings)) void pulumi.log.warn(warning, this);
    for (const { zone, name: policy, labels, spec } of networkPolicies(settings))
      new kubernetes.networking.v1.NetworkPolicy(
        `${zone}-${policy}`,
        { metadata: { name: policy, namespace: namespaces[zone], labels }, spec },
        // What still runs when the stack is gone must not be open to its neighbours.
        {
          parent: this,
          ...(zone === "sessions" ? { protect: true, retainOnDelete: true } : {}),
        },
      );
    this.registerOutputs({});
  }
}
