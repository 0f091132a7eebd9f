import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { engineSays, spawnEngine } from "./engine.ts";
import { image } from "./image.ts";

const MAX_BYTES = 1_600_000_000;

/** What build secrets and tokens look like. The first is what `tools/build-image.sh` gives to npm as a secret. */
const SECRETS = /cafile=\/run\/build\/ca\.crt|_authToken=[\w-]{20}|\bgh[ps]_[A-Za-z0-9]{36}\b|\bnpm_[A-Za-z0-9]{36}\b/g;
/** Is in a layer of the image, so a search that does not find it has not searched. */
const KNOWN = /sessiond cannot start:/g;
const OVERLAP = 256;

/** All layers of the image as they are stored, with what a later layer hides, too. @returns what was found */
async function searchLayers(...patterns: RegExp[]): Promise<Set<string>> {
  const archive = spawnEngine(["save", image]);
  const exit = once(archive, "exit");
  archive.stderr.resume();
  const found = new Set<string>();
  let rest = "";
  for await (const chunk of archive.stdout) {
    const text = rest + (chunk as Buffer).toString("latin1");
    for (const pattern of patterns) for (const [match] of text.matchAll(pattern)) found.add(match);
    rest = text.slice(-OVERLAP);
  }
  expect((await exit)[0]).toBe(0);
  return found;
}

describe("the image of a session", () => {
  test("is at most 1.6 GB, unpacked", async () => {
    const bytes = Number(await engineSays("image", "inspect", "--format={{.Size}}", image));
    process.stdout.write(`${image}: ${Math.round(bytes / 1e6)} MB of at most ${MAX_BYTES / 1e6} MB\n`);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
  });

  test("no secret is in its layers", async () => {
    expect([...(await searchLayers(SECRETS, KNOWN))]).toEqual(["sessiond cannot start:"]);
  });

  test("no secret is in its history and its environment", async () => {
    const history = await engineSays("history", "--no-trunc", "--format={{.CreatedBy}}", image);
    expect(history).toContain("sessiond.mjs");
    expect(history.match(SECRETS)).toBeNull();
    const env = JSON.parse(await engineSays("image", "inspect", "--format={{json .Config.Env}}", image)) as string[];
    const names = env.map((line) => line.split("=")[0]);
    expect(names).toContain("OPENCODE_BIN");
    expect(names.filter((name) => /KEY|TOKEN|SECRET|PASSWORD|AUTH/.test(name ?? ""))).toEqual([]);
  });

  test("says what it is", async () => {
    const labels = JSON.parse(
      await engineSays("image", "inspect", "--format={{json .Config.Labels}}", image),
    ) as object;
    expect(labels).toMatchObject({
      "org.opencontainers.image.title": "opencode-router session",
      "org.opencontainers.image.version": expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      "org.opencontainers.image.revision": expect.stringMatching(/^[0-9a-f]{40}$/) as string,
    });
  });
});
