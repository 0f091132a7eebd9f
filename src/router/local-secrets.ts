import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Secret } from "../lib/secret.ts";

/** A secret that was not given: made once, and kept in the data folder with mode 0600. */
export async function localSecret(dataDir: string, name: string): Promise<Secret> {
  const folder = join(dataDir, "secrets");
  const file = join(folder, name);
  const known = await read(file);
  if (known) return known;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, randomBytes(32).toString("base64url"), { mode: 0o600 });
  await chmod(draft, 0o600);
  try {
    // A link appears whole or not at all, and the first of two routers wins.
    await link(draft, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
  } finally {
    await rm(draft, { force: true });
  }
  const made = await read(file);
  if (!made) throw new Error(`${file}: the secret cannot be read`);
  return made;
}

async function read(file: string): Promise<Secret | undefined> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return "";
    throw cause;
  });
  return text.trim() === "" ? undefined : new Secret(text.trim());
}
