type Inputs = Readonly<Record<string, unknown>>;

/**
 * What becomes of inputs with `ignoreChanges`, as Pulumi's engine does it: what is at these paths in the state stays; what is not
 * there comes from the program. @param paths such as `data` or `metadata.annotations["a.b/c"]`
 */
export function withIgnored(inputs: Inputs, before: Inputs, paths: readonly string[]): Inputs {
  const result = structuredClone(inputs);
  for (const path of paths) {
    const keys = [...path.matchAll(/\["([^"]+)"\]|[^.[\]]+/g)].map(([whole, quoted]) => quoted ?? whole);
    const last = keys.pop() ?? "";
    const at = (root: Inputs) =>
      keys.reduce<Inputs | undefined>((node, key) => node?.[key] as Inputs | undefined, root);
    const old = at(before)?.[last];
    const target = at(result) as Record<string, unknown> | undefined;
    if (old !== undefined && target !== undefined) target[last] = old;
  }
  return result;
}
