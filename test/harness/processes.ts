import { readdir, readFile } from "node:fs/promises";

/** Processes whose environment has this text, e.g. a session's folder. Only Linux tells. */
export async function processesWith(text: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const environment = await readFile(`/proc/${name}/environ`, "latin1").catch(() => "");
    if (environment.includes(text)) found.push(Number(name));
  }
  return found;
}
