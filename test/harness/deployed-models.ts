import * as pulumi from "@pulumi/pulumi";
import type { ModelCount } from "../../src/deploy/models/choose.ts";
import { ModelsConfigMap, type ModelsConfigMapArgs } from "../../src/deploy/models/component.ts";
import { mockPart, type Anything } from "./mock-part.ts";
import type { MockedStack } from "./mock-stack.ts";

export interface DeployedModels {
  /** The config map as the state has it afterwards. */
  readonly configMap: Anything;
  readonly source: string;
  readonly count: ModelCount;
  readonly warnings: readonly string[];
  readonly stack: MockedStack;
}

/** One `pulumi up` of the list of models, after another that left a config map, or on an empty stack. */
export async function deployModels(
  choice: ModelsConfigMapArgs["choice"],
  before?: DeployedModels,
): Promise<DeployedModels> {
  const part = await mockPart(
    () => {
      const args = { namespace: "sessions", name: "opencode-models", labels: { a: "b" }, choice };
      const { source, count } = new ModelsConfigMap("models", args);
      return pulumi.output({ source, count });
    },
    before === undefined ? {} : { before: before.stack },
  );
  const { result, warnings, stack } = part;
  return {
    ...(result as Pick<DeployedModels, "source" | "count">),
    warnings,
    stack,
    configMap: part.one("ConfigMap").inputs,
  };
}
