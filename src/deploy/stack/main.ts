/** `make init` and `make destroy`. STACK: name of the stack. CONFIRM: the same, to destroy it without a terminal. */
import { createInterface } from "node:readline";
import { destroyStack } from "./destroy.ts";
import { initStack, type Person } from "./init.ts";
import { pulumiProgram, StackFault } from "./pulumi.ts";

const person: Person = {
  tell: (text) => void process.stdout.write(text),
  ask: process.stdin.isTTY && process.stdout.isTTY ? ask : undefined,
};

/** Reads the terminal only as long as it takes: between two questions it is Pulumi's. */
function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  return new Promise<string>((resolve, reject) => {
    terminal.once("close", () => reject(new StackFault("\nNothing was entered.")));
    terminal.question(question, resolve);
  }).finally(() => terminal.close());
}

async function main(): Promise<number> {
  const { STACK: stack, CONFIRM: confirm } = process.env;
  switch (process.argv[2]) {
    case "init":
      return initStack(stack, pulumiProgram, person);
    case "destroy":
      return destroyStack({ stack, confirm }, pulumiProgram, person);
    default:
      throw new StackFault("Say `make init` or `make destroy`.");
  }
}

main()
  .then((code) => (process.exitCode = code))
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof StackFault ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
