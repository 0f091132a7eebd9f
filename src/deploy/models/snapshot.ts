import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { CatalogueModel } from "./catalogue.ts";

/** A list of models that is good enough to begin with, where none can be fetched. */
const Snapshot = z.strictObject({
  about: z.string(),
  /** ISO date. */
  takenAt: z.iso.date(),
  models: z.array(CatalogueModel).min(1),
});
export type Snapshot = z.infer<typeof Snapshot>;

/** The committed one. */
export const SNAPSHOT_FILE = fileURLToPath(new URL("snapshot.json", import.meta.url));

const ABOUT =
  "The models that a deployment offers while it has never reached OpenRouter. Written by `make models`: do not edit. " +
  "One model a line; rank 1 is the most popular, prices are dollars for a million tokens.";

export async function readSnapshot(file: string = SNAPSHOT_FILE): Promise<Snapshot> {
  try {
    return Snapshot.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new Error(`The snapshot of models in ${file} cannot be read: restore it from git, or run \`make models\`.`, {
      cause,
    });
  }
}

/** Whole or not at all. */
export async function writeSnapshot(file: string, { takenAt, models }: Omit<Snapshot, "about">): Promise<void> {
  const next = `${file}.${randomUUID()}.next`;
  try {
    await writeFile(next, snapshotText({ about: ABOUT, takenAt, models }), { flag: "wx" });
    await rename(next, file);
  } finally {
    await rm(next, { force: true });
  }
}

/** One model a line, for people who read the change. */
export function snapshotText({ models, ...head }: Snapshot): string {
  const lines = Object.entries(head).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`);
  return `{\n${lines.join("")}  "models": [\n${models.map((model) => `    ${JSON.stringify(model)}`).join(",\n")}\n  ]\n}\n`;
}
