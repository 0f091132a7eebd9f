import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { homeOf } from "./home.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "home-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test("a data folder has one name for ever, and no two have the same", async () => {
  const [one, two] = [await folder(), await folder()];
  const name = await homeOf(one);
  expect(name).toMatch(/^[0-9a-f]{16}$/);
  expect(await homeOf(one)).toBe(name);
  expect(await readFile(join(one, "home"), "utf8")).toBe(`${name}\n`);
  expect(await homeOf(two)).not.toBe(name);
});

test("a name that cannot be read is not made anew", async () => {
  await expect(homeOf(join(await folder(), "home\0"))).rejects.toThrow();
});
