import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";

/**
 * The name of a data folder as a home of sessions: made once, and kept in it, so that it goes where the sessions' files go.
 * The folder is locked: no other router makes one at the same time.
 */
export async function homeOf(dataDir: string): Promise<string> {
  const file = join(dataDir, "home");
  const known = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return "";
    throw cause;
  });
  if (known.trim() !== "") return known.trim();
  const made = randomBytes(8).toString("hex");
  await writeFileAtomic(file, `${made}\n`);
  return made;
}
