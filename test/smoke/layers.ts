import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { engineSays } from "./engine.ts";

const MAX_OUTPUT = 64 * 1024 * 1024;
/** Longer than anything that is searched for. */
const OVERLAP = 256;

const run = async (program: string, ...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(program, args, { maxBuffer: MAX_OUTPUT })).stdout;

/** All layers of an image as they are stored: with what a later layer changes or removes, too. */
export class Layers implements AsyncDisposable {
  readonly #folder: string;
  #files: readonly string[] = [];

  static async of(image: string): Promise<Layers> {
    const layers = new Layers(await mkdtemp(join(tmpdir(), "ocr-layers-")));
    try {
      await layers.#unpack(image);
      return layers;
    } catch (error) {
      await layers[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(folder: string) {
    this.#folder = folder;
  }

  async #unpack(image: string): Promise<void> {
    const archive = join(this.#folder, "image.tar");
    await engineSays("save", "--output", archive, image);
    await run("tar", "--extract", "--file", archive, "--directory", this.#folder);
    await rm(archive);
    const manifest = await readFile(join(this.#folder, "manifest.json"), "utf8");
    const names = (JSON.parse(manifest) as { Layers: string[] }[]).flatMap(({ Layers: layers }) => layers);
    this.#files = names.map((name) => join(this.#folder, name));
  }

  /** Paths of all files and folders, without the slash at their beginning. */
  async paths(): Promise<readonly string[]> {
    const lists = await Promise.all(this.#files.map((file) => run("tar", "--list", "--file", file)));
    const lines = lists.join("\n").split("\n").filter(Boolean);
    return lines.map((path) => path.replace(/^\.\//, ""));
  }

  /** Searches the content of all files, as Latin-1. @returns all different matches, sorted */
  async search(...patterns: readonly RegExp[]): Promise<string[]> {
    const found = new Set<string>();
    for (const file of this.#files) await searchLayer(file, patterns, found);
    return [...found].toSorted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function searchLayer(file: string, patterns: readonly RegExp[], found: Set<string>): Promise<void> {
  // What is not compressed passes as it is: engines differ in how they store layers.
  const layer = spawn("gzip", ["-dcf", file], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(layer, "exit");
  let rest = "";
  for await (const chunk of layer.stdout) {
    const text = rest + (chunk as Buffer).toString("latin1");
    for (const pattern of patterns) for (const [match] of text.matchAll(pattern)) found.add(match);
    rest = text.slice(-OVERLAP);
  }
  const [code] = (await exit) as [number | null];
  if (code !== 0) throw new Error(`${file} cannot be read`);
}
