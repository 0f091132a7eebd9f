import { setTimeout as delay } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { vi } from "vitest";
import { listen, type Captured, type CapturedOutputs } from "./captured.ts";
import { markedBytes } from "./marked-secrets.ts";
import { envelope, opened, type Inputs } from "./secret-envelopes.ts";

export interface MockedStack {
  /** Components among them, in the order of their registration. */
  readonly resources: readonly Captured[];
  readonly outputs: readonly CapturedOutputs[];
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

/** What a program exports. */
type Exports = Readonly<Record<string, unknown>>;

export interface MockOptions {
  /** As in `pulumi preview`, where ids and random values are not known yet. */
  readonly preview?: boolean;
  /** What an `up` before this one left: `ignoreChanges` keeps from it. Kept values are none of secrets. */
  readonly before?: MockedStack;
}

/**
 * What a program registers, without an engine. Random values are the same each time and contain `MARK`, and everything else
 * answers with its own inputs. @param program registers resources, and returns the outputs of the stack
 */
export async function mockStack(
  program: () => Exports | Promise<Exports>,
  { preview = false, before }: MockOptions = {},
): Promise<MockedStack> {
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  const error = vi.spyOn(console, "error").mockReturnValue();
  const resources: Captured[] = [];
  const outputs: CapturedOutputs[] = [];
  await pulumi.runtime.setMocks(
    {
      call: ({ inputs }) => inputs as Record<string, unknown>,
      newResource: async ({ type, name, inputs }) => {
        // Whoever does not wait for it asks before it is there.
        await delay(2);
        // Without an id it is not there yet, and what only the provider knows is unknown.
        if (preview) return { id: undefined, state: { ...(inputs as Inputs) } };
        return { id: `${name}-id`, state: stateOf(type, name, inputs as Inputs) };
      },
    },
    "opencode-router",
    "test",
    preview,
  );
  listen({
    before: before?.resources ?? [],
    resource: (captured) => resources.push(captured),
    outputs: (captured) => outputs.push(captured),
  });
  try {
    const exported = await program();
    const values = await Promise.all(Object.entries(exported).map(async ([name, value]) => [name, await told(value)]));
    const dependencies = await sourcesOf(exported);
    // The next mocks must not be asked about what these registered.
    await pulumi.runtime.disconnect(false);
    const { plain, secretPaths } = opened(Object.fromEntries(values));
    outputs.push({ of: "", outputs: plain, secretPaths, dependencies });
    const texts = (spy: typeof warn) => spy.mock.calls.map(([text]) => String(text));
    resources.sort((one, another) => one.asked - another.asked);
    return { resources, outputs, warnings: texts(warn), errors: texts(error) };
  } finally {
    warn.mockRestore();
    error.mockRestore();
  }
}

/** The value of an output, in an envelope if it is secret. */
async function told(value: unknown): Promise<unknown> {
  const output = pulumi.output(value) as pulumi.Output<unknown>;
  const known = await settled(output);
  return (await pulumi.isSecret(output)) ? envelope(known) : known;
}

const settled = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => void output.apply((value) => resolve(value as T)));

/** URNs of the resources that a value is made of. */
async function sourcesOf(value: unknown): Promise<string[]> {
  // Not among Pulumi's types, and all that tells of them.
  const output = pulumi.output(value) as unknown as { allResources(): Promise<Set<pulumi.Resource>> };
  return Promise.all([...(await output.allResources())].map(({ urn }) => settled(urn)));
}

function stateOf(type: string, name: string, inputs: Inputs): Record<string, unknown> {
  if (type !== "random:index/randomBytes:RandomBytes") return { ...inputs };
  const base64 = markedBytes(name);
  return { ...inputs, base64: pulumi.secret(base64), hex: pulumi.secret(markedBytes(name, "hex")) };
}
