import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "./eventually.ts";
import { opencodeBinary } from "./opencode-binary.ts";
import type { Gate } from "./opencode-gate.ts";

export interface GatedOpencode {
  /** For `OPENCODE_BIN`. */
  readonly bin: string;
  /** Resolves when opencode stands still at the gate. */
  reached(): Promise<void>;
}

/** An opencode program that stops at a certain request in its first life; from then on it is the real one. */
export async function gatedOpencode(folder: string, gate: Gate): Promise<GatedOpencode> {
  const program = fileURLToPath(new URL("../programs/opencode-gate.ts", import.meta.url));
  const file = join(folder, "gate-reached");
  const bin = join(folder, "gated-opencode");
  const lines = [
    "#!/bin/sh",
    `[ -e '${file}' ] && exec '${opencodeBinary()}' "$@"`,
    `export GATE_BIN='${opencodeBinary()}' GATE_PATH='${gate.path}' GATE_MODE='${gate.mode}' GATE_FILE='${file}'`,
    `exec '${process.execPath}' --import '${import.meta.resolve("tsx")}' '${program}' "$@"`,
    "",
  ];
  await writeFile(bin, lines.join("\n"), { mode: 0o755 });
  const reached = () =>
    eventually(async () => {
      if (!existsSync(file)) throw new Error("the gate was not reached");
    });
  return { bin, reached };
}
