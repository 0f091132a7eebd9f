import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labelsOf } from "./objects/labels.ts";
import type { ModelsChoice } from "./models/choose.ts";
import { ModelsConfigMap } from "./models/component.ts";
import { Namespaces } from "./namespaces.ts";
import { Secrets } from "./secrets.ts";
import type { Settings } from "./settings/settings.ts";

export interface PlatformArgs {
  readonly settings: Settings;
  readonly models: ModelsChoice;
}

/** Everything: what a team needs on a cluster that has nothing of it yet. */
export class Platform extends pulumi.ComponentResource {
  /** Where people go. */
  readonly url: string;
  /** What the OAuth App or OIDC client has to have as its callback. */
  readonly callbackUrl: string;
  readonly namespaces: Settings["namespaces"];
  readonly models: pulumi.Output<unknown>;

  constructor(name: string, { settings, models }: PlatformArgs, options?: pulumi.ComponentResourceOptions) {
    super("opencode-router:Platform", name, {}, options);
    for (const warning of settings.warnings) void pulumi.log.warn(warning, this);
    const provider = new kubernetes.Provider("cluster", providerArgs(settings), { parent: this });
    const child = { parent: this, providers: { kubernetes: provider } };
    const namespaces = new Namespaces("namespaces", settings, child);
    new Secrets("secrets", settings, child);
    const list =
      models.source === "none"
        ? undefined
        : new ModelsConfigMap(
            "models",
            {
              namespace: namespaces.sessions,
              name: "opencode-models",
              labels: labelsOf(settings.name, "models"),
              choice: models,
            },
            child,
          );
    this.url = `https://${settings.hosts.mainHost}`;
    this.callbackUrl = `https://${settings.hosts.oauthHost}/oauth2/callback`;
    this.namespaces = settings.namespaces;
    this.models = pulumi.output(list === undefined ? { source: "none" } : { source: list.source, count: list.count });
    this.registerOutputs({});
  }
}

/** Another kubeconfig for the same cluster replaces nothing: the cluster is known by the stack's own name. */
const providerArgs = ({ name, kubernetes: { kubeconfig, context } }: Settings): kubernetes.ProviderArgs => ({
  ...(kubeconfig === undefined ? {} : { kubeconfig }),
  ...(context === undefined ? {} : { context }),
  clusterIdentifier: name,
  // A change is written in place: what pods mount keeps its name, and is never gone for a moment.
  enableConfigMapMutable: true,
  enableSecretMutable: true,
});
