import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { ModelCount, ModelsChoice } from "./choose.ts";
import { modelsJson } from "./provider-config.ts";

/** Under which name the pods of sessions mount the list. */
export const MODELS_KEY = "models.json";

const SOURCE = "opencode-router.dev/models-source";

export interface ModelsConfigMapArgs {
  /** Of the sessions. */
  readonly namespace: pulumi.Input<string>;
  /** What the router gets as `MODELS_CONFIG_MAP`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly choice: Exclude<ModelsChoice, { source: "none" }>;
}

/** What of a config map in the state is kept, although the program says otherwise: everything that tells the list. */
export const KEPT = ["data", `metadata.annotations["${SOURCE}"]`];

/**
 * The list of models, in a config map that nothing else is in. When the list could not be fetched, Pulumi goes on with the value
 * in its state, the last good one, and takes the snapshot only where there is none.
 */
export class ModelsConfigMap extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;
  /** Of the list that is deployed: `live`, `snapshot of <date>`. */
  readonly source: pulumi.Output<string>;
  readonly count: pulumi.Output<ModelCount>;

  constructor(name: string, args: ModelsConfigMapArgs, options?: pulumi.ComponentResourceOptions) {
    super("opencode-router:models:ModelsConfigMap", name, {}, options);
    const { choice } = args;
    for (const warning of choice.warnings) void pulumi.log.warn(warning, this);
    const annotations = { [SOURCE]: choice.source === "live" ? "live" : `snapshot of ${choice.takenAt}` };
    const map = new kubernetes.core.v1.ConfigMap(
      name,
      {
        metadata: { name: args.name, namespace: args.namespace, labels: args.labels, annotations },
        data: { [MODELS_KEY]: modelsJson(choice.models) },
      },
      { parent: this, ignoreChanges: keeps(choice) ? KEPT : [] },
    );
    this.name = map.metadata.name;
    this.source = map.metadata.annotations.apply((said) => said?.[SOURCE] ?? "unknown");
    this.count = map.data.apply((data) => countOf(data?.[MODELS_KEY] ?? "{}"));
    this.registerOutputs({ name: this.name, source: this.source, count: this.count });
  }
}

const keeps = (choice: ModelsConfigMapArgs["choice"]): boolean =>
  choice.source === "snapshot" && choice.yieldsToDeployed;

const Whitelisted = z.object({ whitelist: z.array(z.string()) }).catch({ whitelist: [] });
const Layer = z.object({ provider: z.object({ openrouter: Whitelisted, "openrouter-free": Whitelisted }) });

/** Of a list that may be as old as the state. */
function countOf(json: string): ModelCount {
  const { data } = Layer.safeParse(JSON.parse(json));
  return {
    paid: data?.provider.openrouter.whitelist.length ?? 0,
    free: data?.provider["openrouter-free"].whitelist.length ?? 0,
  };
}
