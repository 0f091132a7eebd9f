import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { vi } from "vitest";
import { MARK } from "./marked-secrets.ts";

export type Inputs = Readonly<Record<string, unknown>>;
export type Path = readonly (string | number)[];

/** A resource as the engine would have been told of it. */
export interface Captured {
  /** As `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** URN; empty for what has no parent. */
  readonly parent: string;
  /** Not a component. */
  readonly custom: boolean;
  /** Without the envelopes of secrets. */
  readonly inputs: Inputs;
  /** Where in the inputs an envelope was; everything below it is secret. */
  readonly secretPaths: readonly Path[];
  readonly options: CapturedOptions;
  /** When it was asked for, and when it was there: counted over all of the stack. */
  readonly asked: number;
  readonly there: number;
}

export interface CapturedOptions {
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** URNs: what was given as `dependsOn`, and what the inputs came from. */
  readonly dependencies: readonly string[];
  readonly ignoreChanges: readonly string[];
  /** Of an explicit provider its URN and id. */
  readonly provider: string;
}

/** Outputs of a component or of the stack, without envelopes. */
export interface CapturedOutputs {
  /** URN; empty for those of the stack. */
  readonly of: string;
  readonly outputs: Inputs;
  readonly secretPaths: readonly Path[];
}

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
}

/**
 * What a program registers, without an engine. Random values are the same each time and contain `MARK`, and everything else
 * answers with its own inputs. @param program registers resources, and returns the outputs of the stack
 */
export async function mockStack(
  program: () => Exports | Promise<Exports>,
  { preview = false }: MockOptions = {},
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
    resource: (captured) => resources.push(captured),
    outputs: (captured) => outputs.push(captured),
  });
  try {
    const exported = await program();
    const values = await Promise.all(Object.entries(exported).map(async ([name, value]) => [name, await told(value)]));
    // The next mocks must not be asked about what these registered.
    await pulumi.runtime.disconnect(false);
    const { plain, secretPaths } = opened(Object.fromEntries(values));
    outputs.push({ of: "", outputs: plain, secretPaths });
    const texts = (spy: typeof warn) => spy.mock.calls.map(([text]) => String(text));
    return { resources, outputs, warnings: texts(warn), errors: texts(error) };
  } finally {
    warn.mockRestore();
    error.mockRestore();
  }
}

/** As the engine writes a secret; the keys are Pulumi's. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const IS_SECRET = "1b47061264138c4ac30d75fd1eb44270";

const envelope = (value: unknown) => ({ [SIGNATURE]: IS_SECRET, value });

/** The value of an output, in an envelope if it is secret. */
async function told(value: unknown): Promise<unknown> {
  const output = pulumi.output(value) as pulumi.Output<unknown>;
  const settled = await new Promise((resolve) => void output.apply(resolve));
  return (await pulumi.isSecret(output)) ? envelope(settled) : settled;
}

/** A value without its envelopes, and where they were. */
function opened(value: unknown): { plain: Inputs; secretPaths: Path[] } {
  const secretPaths: Path[] = [];
  const open = (node: unknown, path: Path): unknown => {
    if (Array.isArray(node)) return node.map((one, index) => open(one, [...path, index]));
    if (typeof node !== "object" || node === null) return node;
    const object = node as Record<string, unknown>;
    if (object[SIGNATURE] === IS_SECRET) {
      secretPaths.push(path);
      // What is in it is secret already.
      return withoutEnvelopes(object["value"]);
    }
    return Object.fromEntries(Object.entries(object).map(([name, one]) => [name, open(one, [...path, name])]));
  };
  return { plain: open(value, []) as Inputs, secretPaths };
}

const withoutEnvelopes = (value: unknown): unknown => opened({ value }).plain["value"];

/** 32 bytes in base64 that contain `MARK`, `+` and `/`, so that whoever needs another alphabet shows whether it minds. */
export const markedBytes = (name: string): string => {
  const text = `${MARK}/${name.replaceAll("-", "+")}/${createHash("sha256").update(name).digest("hex")}`;
  return Buffer.from(text.slice(0, 43), "base64").toString("base64");
};

function stateOf(type: string, name: string, inputs: Inputs): Record<string, unknown> {
  if (type !== "random:index/randomBytes:RandomBytes") return { ...inputs };
  const base64 = markedBytes(name);
  const hex = Buffer.from(base64, "base64").toString("hex");
  return { ...inputs, base64: pulumi.secret(base64), hex: pulumi.secret(hex) };
}

/** What the harness reads of Pulumi's messages; its types are not exported. */
interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getCustom(): boolean;
  getObject(): { toJavaScript(): Inputs };
  getProtect(): boolean | undefined;
  getRetainondelete(): boolean | undefined;
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  getProvider(): string;
}
interface OutputsRequest {
  getUrn(): string;
  getOutputs(): { toJavaScript(): Inputs };
}
type Answer = (error: unknown, response: { getUrn(): string } | undefined) => void;
interface Monitor {
  registerResource(request: Request, answer: Answer): Promise<void>;
  registerResourceOutputs(request: OutputsRequest, answer: Answer): void;
}

/** Mocks are not told of options, nor of outputs: this listens to what is said to the monitor behind them. */
function listen(to: { resource(captured: Captured): void; outputs(captured: CapturedOutputs): void }): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
  let moments = 0;
  monitor.registerResource = (request, answer) => {
    const asked = (moments += 1);
    return register(request, (error, response) => {
      const { plain: inputs, secretPaths } = opened(request.getObject().toJavaScript());
      const urn = response?.getUrn() ?? "";
      to.resource({ ...factsOf(request), urn, inputs, secretPaths, asked, there: (moments += 1) });
      answer(error, response);
    });
  };
  monitor.registerResourceOutputs = (request, answer) => {
    const { plain: outputs, secretPaths } = opened(request.getOutputs().toJavaScript());
    to.outputs({ of: request.getUrn(), outputs, secretPaths });
    registerOutputs(request, answer);
  };
}

const factsOf = (request: Request): Omit<Captured, "urn" | "inputs" | "secretPaths" | "asked" | "there"> => ({
  type: request.getType(),
  name: request.getName(),
  parent: request.getParent(),
  custom: request.getCustom(),
  options: {
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    dependencies: request.getDependenciesList(),
    ignoreChanges: request.getIgnorechangesList(),
    provider: request.getProvider(),
  },
});
