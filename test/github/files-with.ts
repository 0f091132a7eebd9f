import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";

/** Files below a folder that hold the text. Those that vanish meanwhile do not count. */
export async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  expect(paths.length).toBeGreaterThan(10);
  const hits = await Promise.all(paths.map(async (path) => (await readFile(path).catch(() => "")).includes(text)));
  return paths.filter((_path, index) => hits[index]);
}
