import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** Why a command ends, in a sentence that says what to do. */
export class StackFault extends Error {
  override readonly name = "StackFault";
}

/** The `pulumi` command line, at the person's own terminal: it asks there for what it needs, a passphrase or a secret. */
export interface Pulumi {
  /** @returns the exit code */
  run(args: readonly string[]): Promise<number>;
  /** @returns what it writes to standard output. @throws StackFault when it fails; why stands on standard error */
  read(args: readonly string[]): Promise<string>;
}

const PROGRAM = "pulumi";

export const pulumiProgram: Pulumi = {
  async run(args) {
    const child = spawn(PROGRAM, args, { stdio: "inherit" });
    const [code] = (await once(child, "close")) as [number | null];
    return code ?? 1;
  },
  async read(args) {
    const child = spawn(PROGRAM, args, { stdio: ["inherit", "pipe", "inherit"] });
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close") as Promise<[number | null]>]);
    if (code !== 0) throw new StackFault(`\`${[PROGRAM, ...args].join(" ")}\` failed.`);
    return output;
  },
};
