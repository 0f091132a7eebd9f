import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where `make tools` puts what it builds. */
const BUILT = fileURLToPath(new URL("../../.cache/tools/bin", import.meta.url));

/** The path of a program: the one that `make tools` built, else the first on PATH; undefined where there is neither. */
export function findTool(name: string, built = BUILT, path = process.env.PATH ?? ""): string | undefined {
  // A relative entry of PATH means another folder for each process.
  const folders = [built, ...path.split(delimiter)].filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name)).find((file) => isProgram(file));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
