import * as pulumi from "@pulumi/pulumi";
import { vi } from "vitest";
import type { ModelCount } from "../../src/deploy/models/choose.ts";
import { ModelsConfigMap, type ModelsConfigMapArgs } from "../../src/deploy/models/component.ts";

type Inputs = Record<string, unknown>;

export interface DeployedModels {
  /** The config map as the state has it afterwards. */
  readonly configMap: Inputs;
  readonly source: string;
  readonly count: ModelCount;
  readonly warnings: readonly string[];
}

/** One `pulumi up` of the list of models, after another that left a config map, or on an empty stack. */
export async function deployModels(
  choice: ModelsConfigMapArgs["choice"],
  before?: DeployedModels,
): Promise<DeployedModels> {
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  let ignored: readonly string[] = [];
  let configMap: Inputs = {};
  await pulumi.runtime.setMocks({
    call: ({ inputs }) => inputs as Inputs,
    newResource: ({ type, name, inputs }) => {
      if (type !== "kubernetes:core/v1:ConfigMap") return { id: name, state: inputs as Inputs };
      configMap = withIgnored(inputs as Inputs, before?.configMap, ignored);
      return { id: name, state: configMap };
    },
  });
  try {
    const component = new ModelsConfigMap(
      "models",
      { namespace: "sessions", name: "opencode-models", labels: { a: "b" }, choice },
      {
        transformations: [
          ({ type, opts }) => {
            if (type === "kubernetes:core/v1:ConfigMap") ignored = (opts.ignoreChanges ?? []) as readonly string[];
            return undefined;
          },
        ],
      },
    );
    const source = await settled(component.source);
    const count = await settled(component.count);
    // The next mocks must not be asked about what these registered.
    await pulumi.runtime.disconnect(false);
    return { configMap, source, count, warnings: warn.mock.calls.map(([text]) => String(text)) };
  } finally {
    warn.mockRestore();
  }
}

const settled = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => void output.apply((value) => resolve(value as T)));

/** As Pulumi's engine does it: what is at these paths in the state stays; what is not there comes from the program. */
function withIgnored(inputs: Inputs, before: Inputs | undefined, paths: readonly string[]): Inputs {
  const result = structuredClone(inputs);
  for (const path of before === undefined ? [] : paths) {
    const keys = [...path.matchAll(/\["([^"]+)"\]|[^.[\]]+/g)].map(([whole, quoted]) => quoted ?? whole);
    const last = keys.pop() ?? "";
    const at = (root: Inputs) =>
      keys.reduce<Inputs | undefined>((node, key) => node?.[key] as Inputs | undefined, root);
    const old = at(before ?? {})?.[last];
    const target = at(result);
    if (old !== undefined && target !== undefined) target[last] = old;
  }
  return result;
}
