import { describe, expect, test } from "vitest";
import { engineSays } from "./engine.ts";
import { image } from "./image.ts";
import { secretsOfHistory, secretsOfLayers, secretVariables, variablesOf, type Known } from "./secrets.ts";

const MAX_BYTES = 1_600_000_000;
const KNOWN: Known = { text: /sessiond cannot start:/g, path: "opt/opencode-router/sessiond.mjs" };

describe("the image of a session", () => {
  test("is at most 1.6 GB, unpacked", async () => {
    const bytes = Number(await engineSays("image", "inspect", "--format={{.Size}}", image));
    process.stdout.write(`${image}: ${Math.round(bytes / 1e6)} MB of at most ${MAX_BYTES / 1e6} MB\n`);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
  });

  test("no secret is in its layers, not even in one that a later layer hides", async () => {
    expect(await secretsOfLayers(image, KNOWN)).toEqual({ texts: ["sessiond cannot start:"], paths: [KNOWN.path] });
  });

  test("no secret is in its history and its environment", async () => {
    const history = await engineSays("history", "--no-trunc", "--format={{.CreatedBy}}", image);
    expect(history).toContain("sessiond.mjs");
    expect(secretsOfHistory(history)).toEqual([]);
    const variables = await variablesOf(image);
    expect(variables).toContain("OPENCODE_BIN=/usr/local/bin/opencode");
    expect(secretVariables(variables)).toEqual([]);
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
