import * as pulumi from "@pulumi/pulumi";
import { withIgnored } from "./ignored-changes.ts";
import { opened, type Inputs, type Path } from "./secret-envelopes.ts";

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
  /** URNs: what the outputs of the stack came from. Of a component none is told. */
  readonly dependencies: readonly string[];
}

/** What the harness reads of Pulumi's messages; its types are not exported. */
interface Struct {
  toJavaScript(): Inputs;
}
interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getCustom(): boolean;
  getObject(): Struct;
  setObject(object: Struct): void;
  getProtect(): boolean | undefined;
  getRetainondelete(): boolean | undefined;
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  getProvider(): string;
}
interface OutputsRequest {
  getUrn(): string;
  getOutputs(): Struct;
}
type Answer = (error: unknown, response: { getUrn(): string } | undefined) => void;
interface Monitor {
  registerResource(request: Request, answer: Answer): Promise<void>;
  registerResourceOutputs(request: OutputsRequest, answer: Answer): void;
}

interface Listener {
  readonly before: readonly Captured[];
  resource(captured: Captured): void;
  outputs(captured: CapturedOutputs): void;
}

/** Mocks are not told of options, nor of outputs: this listens to what is said to the monitor behind them. */
export function listen(to: Listener): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
  let moments = 0;
  monitor.registerResource = (request, answer) => {
    const asked = (moments += 1);
    ignoreChanges(request, to.before);
    return register(request, (error, response) => {
      const { plain: inputs, secretPaths } = opened(request.getObject().toJavaScript());
      const urn = response?.getUrn() ?? "";
      to.resource({ ...factsOf(request), urn, inputs, secretPaths, asked, there: (moments += 1) });
      answer(error, response);
    });
  };
  monitor.registerResourceOutputs = (request, answer) => {
    const { plain: outputs, secretPaths } = opened(request.getOutputs().toJavaScript());
    to.outputs({ of: request.getUrn(), outputs, secretPaths, dependencies: [] });
    registerOutputs(request, answer);
  };
}

function ignoreChanges(request: Request, before: readonly Captured[]): void {
  const old = before.find(({ type, name }) => type === request.getType() && name === request.getName());
  if (!old) return;
  const object = request.getObject();
  const { fromJavaScript } = object.constructor as unknown as { fromJavaScript(inputs: Inputs): Struct };
  request.setObject(fromJavaScript(withIgnored(object.toJavaScript(), old.inputs, request.getIgnorechangesList())));
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
