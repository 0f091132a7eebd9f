import type { V1Container, V1EnvVar, V1EnvVarSource } from "@kubernetes/client-node";

export type Env = Record<string, string>;

/** What the environment of a container can be made of. */
export interface EnvSources {
  /** Decoded values of a Secret or ConfigMap of the pod's namespace; undefined where there is none. */
  values(kind: "secret" | "configmap", name: string): Promise<Env | undefined>;
  /** By the path of the downward API, e.g. `status.podIP`. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A container cannot be configured: what a kubelet says as CreateContainerConfigError. */
export class ConfigProblem extends Error {}

/** The environment that a pod asks for a container: `envFrom`, then `env`, whose later values may use earlier ones. */
export async function containerEnv({ envFrom = [], env = [] }: V1Container, sources: EnvSources): Promise<Env> {
  const made: Env = {};
  for (const { prefix = "", secretRef, configMapRef } of envFrom) {
    const reference = secretRef ?? configMapRef;
    const values = await lookUp(secretRef ? "secret" : "configmap", reference ?? {}, sources);
    for (const [name, value] of Object.entries(values ?? {})) made[prefix + name] = value;
  }
  for (const variable of env) {
    const value = await valueOf(variable, made, sources);
    if (value !== undefined) made[variable.name] = value;
  }
  return made;
}

/** `$(NAME)` becomes the value of a known variable; `$$(NAME)` stays, with one dollar less. */
export const expand = (text: string, env: Readonly<Env>): string =>
  text.replace(/\$(\$|\(([^)]*)\))/g, (whole, what: string, name: string) =>
    what === "$" ? "$" : (env[name] ?? whole),
  );

async function valueOf({ value, valueFrom }: V1EnvVar, known: Env, sources: EnvSources): Promise<string | undefined> {
  return valueFrom === undefined ? expand(value ?? "", known) : fromSource(valueFrom, sources);
}

async function fromSource(
  { secretKeyRef, configMapKeyRef, fieldRef }: V1EnvVarSource,
  sources: EnvSources,
): Promise<string | undefined> {
  const reference = secretKeyRef ?? configMapKeyRef;
  if (reference === undefined) {
    const field = sources.fields[fieldRef?.fieldPath ?? ""];
    if (field === undefined) throw new ConfigProblem(`the nodes of a test do not know ${fieldRef?.fieldPath}`);
    return field;
  }
  const kind = secretKeyRef ? "secret" : "configmap";
  const value = (await lookUp(kind, reference, sources))?.[reference.key];
  if (value === undefined && reference.optional !== true)
    throw new ConfigProblem(`couldn't find key ${reference.key} in ${kind === "secret" ? "Secret" : "ConfigMap"}`);
  return value;
}

async function lookUp(
  kind: "secret" | "configmap",
  { name = "", optional = false }: { name?: string; optional?: boolean },
  sources: EnvSources,
): Promise<Env | undefined> {
  const values = await sources.values(kind, name);
  if (values === undefined && !optional) throw new ConfigProblem(`${kind} "${name}" not found`);
  return values;
}
