import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The real opencode that npm installed for this machine. */
export function opencodeBinary(): string {
  const { resolve } = createRequire(import.meta.url);
  const wrapper = dirname(resolve("opencode-ai/package.json"));
  const system = `opencode-${process.platform}-${process.arch}`;
  const candidates = [system, `${system}-baseline`].map((name) => join(dirname(wrapper), name, "bin", "opencode"));
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) throw new Error(`opencode is not installed: looked for ${candidates.join(" and ")}`);
  return found;
}
