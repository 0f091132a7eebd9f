import { setTimeout as delay } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

type Inputs = Readonly<Record<string, unknown>>;

/** One resource that a program registered. */
export interface Registered {
  /** Such as `apps/v1:Deployment`; without the provider where it is Kubernetes. */
  readonly type: string;
  readonly name: string;
  /** With secrets revealed. */
  readonly inputs: Inputs;
  /** The same with `[secret]` in the place of each secret. */
  readonly plain: Inputs;
  readonly options: Pick<pulumi.CustomResourceOptions, "protect" | "retainOnDelete">;
  /** `<type> <name>` of those that were there before, because this one waited for them, or by chance. */
  readonly after: readonly string[];
}

export class Deployed {
  readonly resources: readonly Registered[];

  constructor(resources: readonly Registered[]) {
    this.resources = resources;
  }

  /** `<type> <name in the cluster>` of all, sorted. */
  get list(): string[] {
    return this.resources.map(({ type, name, inputs }) => `${type} ${nameIn(inputs) ?? name}`).toSorted();
  }

  /** The one of this type, and of this name where there are more. @throws Error when there is none, or there are several */
  one(type: string, name?: string): Registered {
    const found = this.resources.filter(
      (one) => one.type === type && (name === undefined || nameIn(one.inputs) === name || one.name === name),
    );
    if (found.length !== 1) throw new Error(`${found.length} of ${type} ${name ?? ""} in ${this.list.join(", ")}`);
    return found[0] as Registered;
  }
}

const nameIn = (inputs: Inputs): string | undefined => (inputs["metadata"] as { name?: string } | undefined)?.name;

/** What stands in the place of random bytes: texts that name themselves. */
export const madeSecret = (name: string, encoding: "base64" | "hex" = "base64"): string =>
  Buffer.from(`made ${name}`).toString(encoding);

interface DeployedResult<T> {
  readonly result: T;
  readonly isSecret: boolean;
  /** Names of the resources that whoever uses the result waits for. */
  readonly dependsOn: readonly string[];
}

/**
 * What a program registers, against no cluster: random bytes are `madeSecret`, everything else is as it was asked for, a moment
 * later.
 * @param program its output is waited for and returned
 */
export async function deployed<T>(
  program: (options: pulumi.ComponentResourceOptions) => pulumi.Input<T>,
): Promise<Deployed & DeployedResult<T>> {
  const resources: Registered[] = [];
  const there: string[] = [];
  const options = new Map<string, Registered["options"]>();
  await pulumi.runtime.setMocks({
    call: ({ inputs }) => inputs as Inputs,
    newResource: async ({ type: fullType, name, inputs, custom }) => {
      const type = fullType.replace(/^kubernetes:/, "");
      const key = `${type} ${name}`;
      if (custom) {
        const given = { inputs: withSecrets(inputs, (value) => value), plain: withSecrets(inputs, () => "[secret]") };
        resources.push({ type, name, ...given, options: options.get(key) ?? {}, after: [...there] } as Registered);
      }
      await delay(2);
      there.push(key);
      const made =
        type === "random:index/randomBytes:RandomBytes"
          ? { base64: madeSecret(name), hex: madeSecret(name, "hex") }
          : {};
      return { id: name, state: { ...(withSecrets(inputs, (value) => value) as Inputs), ...made } };
    },
  });
  const remember: pulumi.ResourceTransformation = ({ type, name, opts }) => {
    const { protect, retainOnDelete } = opts as pulumi.CustomResourceOptions;
    options.set(`${type.replace(/^kubernetes:/, "")} ${name}`, {
      ...(protect === undefined ? {} : { protect }),
      ...(retainOnDelete === undefined ? {} : { retainOnDelete }),
    });
    return undefined;
  };
  const output = pulumi.output(program({ transformations: [remember] }));
  const result = (await settled(output)) as T;
  // Not among Pulumi's types, and all that tells of them.
  const facts = output as unknown as { isSecret: Promise<boolean>; allResources(): Promise<Set<pulumi.Resource>> };
  const isSecret = await facts.isSecret;
  const urns = await Promise.all([...(await facts.allResources())].map(({ urn }) => settled(urn)));
  const dependsOn = urns.map((urn) => urn.split("::").at(-1) ?? "");
  // All that is under way, and the next mocks must not be asked about what these registered.
  await pulumi.runtime.disconnect(false);
  return Object.assign(new Deployed(resources), { result, isSecret, dependsOn });
}

const settled = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => void output.apply((value) => resolve(value as T)));

/** How Pulumi marks a secret on the wire. */
const MARK = "4dabf18193072939515e22adb298388d";

function withSecrets(value: unknown, as: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => withSecrets(one, as));
  if (typeof value !== "object" || value === null) return value;
  if (Object.hasOwn(value, MARK)) return as(withSecrets((value as { value: unknown }).value, as));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withSecrets(one, as)]));
}
