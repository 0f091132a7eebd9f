import type * as pulumi from "@pulumi/pulumi";
import type { Captured } from "./captured.ts";
import { contentOf, type ClusterObject } from "./invariants/objects.ts";
import { mockStack, type MockedStack, type MockOptions } from "./mock-stack.ts";
import { hidden } from "./secret-envelopes.ts";

// What a test reads of them, it knows.
// oxlint-disable-next-line typescript/no-explicit-any
export type Anything = Record<string, any>;

/** A resource of a part, components left out. */
export interface Seen extends Pick<Captured, "name" | "options"> {
  /** As `apps/v1:Deployment`; without the provider where it is Kubernetes. */
  readonly type: string;
  /** Secrets are bare in them. */
  readonly inputs: Anything;
  /** The same as a preview shows it: `[secret]` in the place of each secret. */
  readonly shown: Anything;
  /** Those that were there before this one was asked for, because it waited for them, or by chance; as in `list`. */
  readonly after: readonly string[];
}

/** A part of a stack, with look-ups for its tests. */
export class MockedPart<T> {
  readonly stack: MockedStack;
  /** In the order in which they were asked for. */
  readonly resources: readonly Seen[];

  constructor(stack: MockedStack) {
    this.stack = stack;
    const custom = stack.resources.filter((one) => one.custom);
    this.resources = custom.map((one) => ({
      name: one.name,
      options: one.options,
      type: typeOf(one),
      inputs: one.inputs,
      shown: hidden(one.inputs, one.secretPaths) as Anything,
      after: custom.filter(({ there }) => there < one.asked).map(labelOf),
    }));
  }

  /** `<type> <name in the cluster>` of all, sorted. */
  get list(): string[] {
    return this.stack.resources
      .filter(({ custom }) => custom)
      .map(labelOf)
      .toSorted();
  }

  /**
   * The one of this type, and of this name where there are more. @param type with its group and version or without
   * @throws Error when there is none, or there are several
   */
  one(type: string, name?: string): Seen {
    const found = this.#all(type, name);
    if (found.length !== 1) throw new Error(`${found.length} of ${type} ${name ?? ""} in ${this.list.join(", ")}`);
    return found[0] as Seen;
  }

  has(type: string, name?: string): boolean {
    return this.#all(type, name).length > 0;
  }

  /** The texts in a Secret or ConfigMap. */
  textsOf(type: "Secret" | "ConfigMap", name?: string): Readonly<Record<string, string>> {
    return contentOf(this.one(type, name).inputs as ClusterObject);
  }

  /** Whether a preview, a warning or an output would show this text, as it is or in base64. */
  mentions(text: string): boolean {
    const { resources, outputs, warnings } = this.stack;
    const shown = JSON.stringify([
      resources.map(({ inputs, secretPaths }) => hidden(inputs, secretPaths)),
      outputs.map(({ outputs: values, secretPaths }) => hidden(values, secretPaths)),
      warnings,
    ]);
    return [text, Buffer.from(text).toString("base64").replaceAll("=", "")].some((form) => shown.includes(form));
  }

  get warnings(): readonly string[] {
    return this.stack.warnings;
  }

  get result(): T {
    return this.#outputs.outputs["result"] as T;
  }

  get isSecret(): boolean {
    return this.#outputs.secretPaths.length > 0;
  }

  /** Names of the resources that whoever uses the result waits for. */
  get dependsOn(): string[] {
    return this.#outputs.dependencies.map((urn) => urn.split("::").at(-1) ?? "");
  }

  get #outputs() {
    const found = this.stack.outputs.find(({ of }) => of === "");
    if (!found) throw new Error("a stack has outputs");
    return found;
  }

  #all(type: string, name?: string): Seen[] {
    return this.resources.filter(
      (one) =>
        `:${one.type}`.endsWith(`:${type}`) && (name === undefined || nameIn(one.inputs) === name || one.name === name),
    );
  }
}

const typeOf = ({ type }: Pick<Captured, "type">): string => type.replace(/^kubernetes:/, "");
const nameIn = (inputs: Anything): string | undefined => inputs["metadata"]?.name;
const labelOf = ({ type, name, inputs }: Pick<Captured, "type" | "name" | "inputs">): string =>
  `${typeOf({ type })} ${nameIn(inputs) ?? name}`;

/**
 * What one component registers by itself: `mockStack` of it, for its tests. @param make its output is the result; no resource
 * @throws Error of the errors that it logs
 */
export async function mockPart<T>(make: () => pulumi.Input<T>, options: MockOptions = {}): Promise<MockedPart<T>> {
  const stack = await mockStack(() => ({ result: make() }), options);
  if (stack.errors.length > 0) throw new Error(stack.errors.join("\n"));
  return new MockedPart<T>(stack);
}
