import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** A program of `test/programs` as one file, for the node of an image that has no packages of ours. */
export async function bundleProgram(name: string): Promise<string> {
  const entry = fileURLToPath(new URL(`../programs/${name}.ts`, import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    write: false,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
