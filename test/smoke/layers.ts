import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { engineSays } from "./engine.ts";

const MAX_OUTPUT = 64 * 1024 * 1024;
const shell = async (script: string, ...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)("sh", ["-c", script, "sh", ...args], { maxBuffer: MAX_OUTPUT })).stdout;

/** Paths of all files in all layers of an image, those too that a later layer removes. */
export async function filesOfLayers(image: string): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "ocr-layers-"));
  const archive = join(folder, "image.tar");
  try {
    await engineSays("save", "--output", archive, image);
    const manifest = await shell('tar -xOf "$1" manifest.json', archive);
    const layers = (JSON.parse(manifest) as { Layers: string[] }[]).flatMap(({ Layers }) => Layers);
    const lists = await Promise.all(layers.map((layer) => shell('tar -xOf "$1" "$2" | tar -tf -', archive, layer)));
    return lists.join("\n").split("\n").filter(Boolean);
  } finally {
    await rm(folder, { recursive: true });
  }
}
