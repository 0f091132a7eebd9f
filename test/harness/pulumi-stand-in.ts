import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the stand-in knows. */
export interface PulumiState {
  /** The stack that is chosen. */
  stack: string;
  /** As `pulumi config --json` tells it, by full names. */
  readonly config: Record<string, { readonly value?: string; readonly secret: boolean }>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

export interface PulumiCall {
  readonly args: readonly string[];
  /** What it was given when it asked for a value. */
  readonly input?: string;
}

/** `test/programs/pulumi.ts` as the program `pulumi` in a folder of its own, for the front of a PATH. */
export class PulumiStandIn implements AsyncDisposable {
  readonly folder: string;
  /** Variables that let programs find it. */
  readonly env: Readonly<Record<"PATH" | "PULUMI_STATE" | "PULUMI_LOG", string>>;

  private constructor(folder: string) {
    this.folder = folder;
    this.env = {
      PATH: `${folder}:${process.env["PATH"]}`,
      PULUMI_STATE: join(folder, "state.json"),
      PULUMI_LOG: join(folder, "log"),
    };
  }

  static async make(state: PulumiState): Promise<PulumiStandIn> {
    const standIn = new PulumiStandIn(await mkdtemp(join(tmpdir(), "pulumi-")));
    await writeFile(standIn.#file("state.json"), JSON.stringify(state));
    await writeFile(standIn.#file("log"), "");
    const program = fileURLToPath(new URL("../programs/pulumi.ts", import.meta.url));
    const line = `exec '${process.execPath}' --import '${import.meta.resolve("tsx")}' '${program}' "$@"`;
    await writeFile(standIn.#file("pulumi"), `#!/bin/sh\n${line}\n`);
    await chmod(standIn.#file("pulumi"), 0o755);
    return standIn;
  }

  #file = (name: string): string => join(this.folder, name);

  async calls(): Promise<PulumiCall[]> {
    const lines = (await readFile(this.#file("log"), "utf8")).split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as PulumiCall);
  }

  async state(): Promise<PulumiState> {
    return JSON.parse(await readFile(this.#file("state.json"), "utf8")) as PulumiState;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
