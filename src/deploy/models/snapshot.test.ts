import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { byId } from "./catalogue.ts";
import { readSnapshot, snapshotText, SNAPSHOT_FILE, writeSnapshot } from "./snapshot.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocr-snapshot-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("the committed one is as it would be written, and enough to begin with", async () => {
  const snapshot = await readSnapshot();
  expect(await readFile(SNAPSHOT_FILE, "utf8")).toBe(snapshotText(snapshot));
  expect(snapshot.models).toEqual(snapshot.models.toSorted(byId));
  expect(new Set(snapshot.models.map(({ rank }) => rank)).size).toBe(snapshot.models.length);
  expect(snapshot.models.filter(({ free }) => !free).length).toBeGreaterThanOrEqual(20);
  expect(snapshot.models.filter(({ free }) => free).length).toBeGreaterThanOrEqual(5);
});

test("is written whole, and nothing else is left", async () => {
  const file = join(folder, "snapshot.json");
  const { takenAt, models } = await readSnapshot();
  await writeFile(file, "old");
  await writeSnapshot(file, { takenAt, models });
  expect(await readSnapshot(file)).toMatchObject({ takenAt, models });
  expect(await readdir(folder)).toEqual(["snapshot.json"]);
});

test.each([
  ["broken JSON", "{"],
  ["an empty list", JSON.stringify({ about: "", takenAt: "2026-01-01", models: [] })],
  ["a model without limits", JSON.stringify({ about: "", takenAt: "2026-01-01", models: [{ id: "a/b" }] })],
])("%s is an error with the way out", async (_what, text) => {
  const file = join(folder, "snapshot.json");
  await writeFile(file, text);
  await expect(readSnapshot(file)).rejects.toThrow(
    `${file} cannot be read: restore it from git, or run \`make models\``,
  );
});
