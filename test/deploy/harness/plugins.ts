import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { findTool } from "../../cluster/find-tools.ts";

/** What the command line starts besides itself, and the program of test/programs/pulumi that stands in where it is missing. */
const PLUGINS = {
  "pulumi-language-nodejs": "language-host",
  "pulumi-resource-kubernetes": "kubernetes-plugin",
  "pulumi-resource-random": "random-plugin",
} as const;

const SOURCES = fileURLToPath(new URL("../../programs/pulumi/", import.meta.url));

/** Fills a folder for PATH: with the real plugins where they are built or on PATH, else with stand-ins in one file each. */
export async function collectPlugins(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const [name, source] of Object.entries(PLUGINS)) {
    const real = findTool(name);
    if (real !== undefined) {
      symlinkSync(real, join(folder, name));
      continue;
    }
    const outfile = join(folder, `${source}.cjs`);
    await build({
      entryPoints: [join(SOURCES, `${source}.ts`)],
      outfile,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      logLevel: "error",
    });
    const start = join(folder, name);
    writeFileSync(start, `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(outfile)} "$@"\n`);
    chmodSync(start, 0o755);
  }
}
