import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labelsOf } from "./objects/labels.ts";
import type { Zone } from "./objects/programs.ts";
import type { Settings } from "./settings/settings.ts";

/** The version is pinned: a newer cluster must not start to refuse what ran before. */
const POD_SECURITY = Object.fromEntries(
  ["enforce", "audit", "warn"].flatMap((mode) => [
    [`pod-security.kubernetes.io/${mode}`, "restricted"],
    [`pod-security.kubernetes.io/${mode}-version`, "v1.31"],
  ]),
);

/** The three namespaces. Whoever depends on a name depends on the namespace's being there. */
export class Namespaces extends pulumi.ComponentResource implements Record<Zone, pulumi.Output<string>> {
  readonly edge: pulumi.Output<string>;
  readonly system: pulumi.Output<string>;
  /** The cluster removes everything in a namespace that is deleted: this one outlives the stack, with people's work in it. */
  readonly sessions: pulumi.Output<string>;

  constructor(name: string, args: Pick<Settings, "name" | "namespaces">, options?: pulumi.ComponentResourceOptions) {
    super("opencode-router:Namespaces", name, {}, options);
    const namespace = (zone: Zone, kept: pulumi.CustomResourceOptions = {}) =>
      new kubernetes.core.v1.Namespace(
        zone,
        { metadata: { name: args.namespaces[zone], labels: { ...labelsOf(args.name, args.name), ...POD_SECURITY } } },
        { parent: this, ...kept },
      ).metadata.name;
    this.edge = namespace("edge");
    this.system = namespace("system");
    this.sessions = namespace("sessions", { protect: true, retainOnDelete: true });
    this.registerOutputs({ edge: this.edge, system: this.system, sessions: this.sessions });
  }
}
