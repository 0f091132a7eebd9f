import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { eventually } from "./eventually.ts";
import { opencodeBinary } from "./opencode-binary.ts";
import type { SessionFolder } from "./sessiond.ts";

export interface Gate {
  readonly path: "/session" | "/prompt_async";
  readonly mode: "before" | "after";
}

/** Starts sessiond with an opencode that stops at a certain request, waits until it does, and kills everything. */
export async function startAndKillAt(folder: SessionFolder, gate: Gate): Promise<void> {
  const program = fileURLToPath(new URL("../programs/opencode-gate.ts", import.meta.url));
  const bin = folder.path("gate.sh");
  await writeFile(bin, `#!/bin/sh\nexec "$GATE_NODE" --import "$GATE_TSX" "$GATE_PROGRAM" "$@"\n`, { mode: 0o700 });
  const file = folder.path("gate-reached");
  await folder.start({
    OPENCODE_BIN: bin,
    GATE_NODE: process.execPath,
    GATE_TSX: import.meta.resolve("tsx"),
    GATE_PROGRAM: program,
    GATE_BIN: opencodeBinary(),
    GATE_PATH: gate.path,
    GATE_MODE: gate.mode,
    GATE_FILE: file,
  });
  await eventually(async () => {
    if (!existsSync(file)) throw new Error(`the gate was not reached\n${folder.errors}`);
  });
  await folder.kill();
}
