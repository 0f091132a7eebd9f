import { deploySample, type SampleStack } from "../sample-stacks.ts";
import type { Captured } from "../captured.ts";
import type { MockedStack } from "../mock-stack.ts";
import { isObject, type ClusterObject } from "./objects.ts";

// What a test changes in it, it knows.
// oxlint-disable-next-line typescript/no-explicit-any
type Anything = any;

/** A stack that a test may change as it likes. */
export class MutatedStack implements MockedStack {
  readonly resources: Captured[];
  readonly outputs: MockedStack["outputs"];
  readonly warnings: string[] = [];
  readonly errors: string[] = [];

  constructor({ resources, outputs }: MockedStack) {
    this.resources = structuredClone([...resources]);
    this.outputs = structuredClone(outputs);
  }

  /** As `Deployment router`. @throws Error when there is none */
  find(kindAndName: string): Captured {
    const found = this.resources.find((one) => {
      const { kind, metadata } = one.inputs as unknown as ClusterObject;
      return isObject(one) && `${kind} ${metadata.name}` === kindAndName;
    });
    if (!found) throw new Error(`There is no ${kindAndName}`);
    return found;
  }

  object(kindAndName: string): Anything {
    return this.find(kindAndName).inputs;
  }

  pod(kindAndName: string): Anything {
    return this.object(kindAndName).spec.template.spec;
  }

  /** Its first. */
  container(kindAndName: string): Anything {
    return this.pod(kindAndName).containers[0];
  }

  /** Changes a text of a Secret. */
  rewrite(secret: string, key: string, change: (text: string) => string): void {
    const { data } = this.object(`Secret ${secret}`);
    const text = Buffer.from(String(data[key]), "base64").toString("utf8");
    data[key] = Buffer.from(change(text)).toString("base64");
  }

  remove(kindAndName: string): void {
    this.resources.splice(this.resources.indexOf(this.find(kindAndName)), 1);
  }

  /** Another object, made of one that is there. */
  add(kindAndName: string, change: (copy: Anything) => void): void {
    const copy = structuredClone(this.find(kindAndName));
    change(copy.inputs);
    this.resources.push(copy);
  }
}

const stacks = new Map<SampleStack, Promise<MockedStack>>();

/** A copy of the stack of a configuration, which is made once. */
export async function mutable(name: SampleStack): Promise<MutatedStack> {
  const made = stacks.get(name) ?? deploySample(name);
  stacks.set(name, made);
  return new MutatedStack(await made);
}
